"""A guest's limits, hit from inside, and changed while it runs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pvelab.runtime.errors import MachineError
from pvelab.runtime.machine import Machine
from pvelab.runtime.model import GuestSpec
from tests.lab_runtime.conftest import run_guest
from tests.lab_runtime.probe import must

pytestmark = pytest.mark.lab

GUEST, MEMORY_MIB, PIDS = 108, 192, 200


@pytest.fixture(scope="module")
def spec(make_spec: Callable[..., GuestSpec]) -> GuestSpec:
    return make_spec(GUEST, memory_mib=MEMORY_MIB, pids_max=PIDS, cores=1, cpulimit=0.5)


@pytest.fixture(scope="module")
def lab(machine: Machine, spec: GuestSpec) -> Machine:
    run_guest(machine, spec)
    return machine


def test_memory_limit_holds(lab: Machine) -> None:
    hungry = "b = bytearray(%d << 20); print(sum(b[::4096]))"
    must(lab, GUEST, "python3", "-c", hungry % (MEMORY_MIB // 3))
    assert lab.execute(GUEST, ["python3", "-c", hungry % (MEMORY_MIB * 2)])[0] == 137, "killed when out of memory"
    assert 0 < lab.status(GUEST).mem_bytes < MEMORY_MIB << 20


def test_pids_limit_holds(lab: Machine) -> None:
    fork = "import os,time\nfor n in range(%d):\n if not os.fork(): time.sleep(2); os._exit(0)"
    must(lab, GUEST, "python3", "-c", fork % (PIDS // 4))
    status, _, errors = lab.execute(GUEST, ["python3", "-c", fork % (PIDS * 2)])
    assert status != 0
    assert "BlockingIOError" in errors


def test_cpu_limit_holds_and_can_be_raised(lab: Machine, spec: GuestSpec) -> None:
    burn = (
        "import time; end = time.monotonic() + 1; begin = time.process_time()\n"
        "while time.monotonic() < end: pass\nprint(time.process_time() - begin)"
    )
    assert float(must(lab, GUEST, "python3", "-c", burn)) < 0.7
    lab.apply_limits(GUEST, replace(spec, cpulimit=0.1, memory_mib=MEMORY_MIB * 2))
    assert float(must(lab, GUEST, "python3", "-c", burn)) < 0.25
    must(lab, GUEST, "python3", "-c", f"b = bytearray({MEMORY_MIB * 3 // 2} << 20); print(sum(b[::4096]))")
    lab.apply_limits(GUEST, spec)


def test_guests_together_weigh_more_than_a_command_beside_them(lab: Machine, spec: GuestSpec) -> None:
    def weight(group: str) -> float:
        """Of the lab or one of its guests; a session of the machine weighs 1."""
        for tree, name, usual in (("cpu/pvelab", "cpu.shares", 1024), ("pvelab", "cpu.weight", 100)):
            if (file := Path("/sys/fs/cgroup") / tree / lab.place.name / group / name).exists():
                return int(file.read_text()) / usual
        raise AssertionError(f"{lab.place.name}/{group} has no weight")

    assert (weight(".."), weight(""), weight(f"{GUEST}")) == (4, 4, 1)
    lab.apply_limits(GUEST, replace(spec, cpuunits=300))
    assert weight(f"{GUEST}") == 3
    lab.apply_limits(GUEST, spec)


def test_disk_limit_holds_and_grows_while_it_runs(lab: Machine) -> None:
    fill = ["dd", "if=/dev/zero", "of=/var/full", "bs=1M", "count=1200"]
    status, _, errors = lab.execute(GUEST, fill)
    assert (status, "No space left" in errors) == (1, True)
    lab.resize(GUEST, 2 << 30)
    must(lab, GUEST, *fill)
    must(lab, GUEST, "rm", "/var/full")
    assert lab.status(GUEST).max_disk_bytes == 2 << 30
    with pytest.raises(MachineError, match="cannot shrink"):
        lab.resize(GUEST, 1 << 30)
