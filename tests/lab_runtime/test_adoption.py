"""A daemon that dies, and what of its lab is adopted, and what is a leftover."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pvelab.runtime import leftover, record
from pvelab.runtime.errors import MachineError
from pvelab.runtime.machine import Machine
from pvelab.runtime.model import GuestSpec, VnetSpec
from pvelab.runtime.place import RUN
from tests.lab_runtime.conftest import CACHE, nic
from tests.waiting import wait_for

pytestmark = pytest.mark.lab

NAME, GUEST = "rt-adopted", 109

DAEMON = """
import json, sys, threading
from pathlib import Path
from pvelab.runtime.machine import Machine
from pvelab.runtime.model import GuestSpec, NicSpec, VnetSpec
job = json.loads(sys.argv[1])
lab = Machine(name=job["name"], state=Path(job["state"]), cache=Path(job["cache"]))
lab.open(lambda line: None)
lab.apply_networks([VnetSpec(id="red", zone="test")])
spec = GuestSpec(**{**job["spec"], "template": Path(job["spec"]["template"]), "nics": (NicSpec(**job["nic"]),)})
lab.create(spec, lambda line: None)
lab.start(spec.vmid, spec, lambda line: None)
print("up", flush=True)
threading.Event().wait()
"""


@pytest.fixture
def spec(make_spec: Callable[..., GuestSpec]) -> GuestSpec:
    return make_spec(GUEST)


@pytest.fixture
def dead(tmp_path: Path, spec: GuestSpec) -> Iterator[Path]:
    """The state folder of a lab whose daemon was killed while a guest ran."""
    state = tmp_path / "state"
    plain = {"vmid": GUEST, "hostname": "g", "template": str(spec.template), "disk_bytes": spec.disk_bytes}
    job = {"name": NAME, "state": str(state), "cache": str(CACHE), "spec": plain, "nic": nic(GUEST).__dict__}
    environment = {**os.environ, "PYTHONPATH": str(Path(record.__file__).parents[2])}
    daemon = subprocess.Popen(
        [sys.executable, "-c", DAEMON, json.dumps(job)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert daemon.stdout is not None
    assert daemon.stdout.readline() == "up\n"
    assert record.is_alive(NAME)
    assert leftover.find(NAME) == [], "a living lab has no leftovers"
    with pytest.raises(MachineError, match=f"lab '{NAME}' is already open"):
        Machine(name=NAME, state=state, cache=CACHE).open(print)
    daemon.send_signal(signal.SIGKILL)
    daemon.wait()
    yield state
    Machine(name=NAME, state=state, cache=CACHE).close(destroy=True)
    assert leftover.find(NAME) == []
    assert traces() == []


def traces() -> list[str]:
    """Everything on the machine that carries the lab's name."""
    found = [line for line in Path("/proc/mounts").read_text().splitlines() if NAME in line]
    found += [str(path) for path in (RUN / NAME, Path(f"/run/netns/pvelab-{NAME}")) if path.exists()]
    found += [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/pvelab/{NAME}")]
    loops = subprocess.run(["losetup", "--list"], capture_output=True, text=True, check=True).stdout
    return found + [line for line in loops.splitlines() if NAME in line or "test_adoption" in line]


def test_a_killed_daemons_guest_is_adopted(dead: Path, spec: GuestSpec) -> None:
    assert not record.is_alive(NAME)
    assert leftover.find(NAME) == [], "it can be adopted"
    heir = Machine(name=NAME, state=dead, cache=CACHE)
    heir.open(print)
    pid = heir.status(GUEST).pid
    assert heir.running() == {GUEST}
    heir.apply_networks([VnetSpec(id="red", zone="test")])
    assert heir.execute(GUEST, ["true"])[0] == 0
    assert heir.status(GUEST).pid == pid
    assert heir.shutdown(GUEST, 30)
    heir.start(GUEST, spec, print)
    heir.close(destroy=False)
    assert record.is_alive(NAME) is False
    assert leftover.is_adoptable(NAME)


def test_what_was_half_made_is_swept(dead: Path, spec: GuestSpec) -> None:
    heir = Machine(name=NAME, state=dead, cache=CACHE)
    half = heir.place.guest(spec.vmid + 1)
    half.mkdir()
    (half / "unfinished").touch()
    (half / "disk.img").write_bytes(b"half")
    assert not heir.exists(spec.vmid + 1)
    copy = heir.place.guest(spec.vmid) / ".disk.img.unfinished"
    copy.touch()
    heir.open(print)
    assert not half.exists()
    assert not copy.exists()
    assert heir.exists(spec.vmid)
    heir.close(destroy=False)


def test_another_state_does_not_take_a_name_whose_guests_run(dead: Path, tmp_path: Path) -> None:
    other = Machine(name=NAME, state=tmp_path / "other", cache=CACHE)
    with pytest.raises(MachineError, match=f"state {dead} still run"):
        other.open(print)


def test_a_lab_whose_state_is_gone_is_cleared(dead: Path, tmp_path: Path) -> None:
    shutil.rmtree(dead)
    kinds = {item.kind for item in leftover.find(NAME)}
    assert {"process", "namespace", "cgroup", "folder"} <= kinds
    heir = Machine(name=NAME, state=tmp_path / "other", cache=CACHE)
    heir.open(print)
    assert heir.running() == set()
    heir.close(destroy=True)


def test_a_lab_without_processes_is_cleared_but_keeps_its_disks(dead: Path, spec: GuestSpec) -> None:
    corpse = Machine(name=NAME, state=dead, cache=CACHE)
    for pid in corpse._cgroups.processes():
        with contextlib.suppress(ProcessLookupError):  # it went with one that was killed before it
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not corpse._cgroups.processes(), what="every process is dead")
    mount = RUN / NAME / "stray"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", mount], check=True)
    assert {"mount", "namespace", "cgroup", "folder"} <= {item.kind for item in leftover.find(NAME)}
    leftover.clear(NAME, print)
    assert traces() == []
    corpse.open(print)
    corpse.apply_networks([VnetSpec(id="red", zone="test")])
    corpse.start(GUEST, spec, print)
    assert corpse.running() == {GUEST}
    corpse.close(destroy=True)
