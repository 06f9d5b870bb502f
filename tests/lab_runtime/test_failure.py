"""What is left of a guest when the machine does not do what it was asked."""

from collections.abc import Callable

import pytest

from pvelab.runtime import guest
from pvelab.runtime.cgroup import Cgroups
from pvelab.runtime.errors import MachineError
from pvelab.runtime.machine import Machine
from pvelab.runtime.model import GuestSpec
from tests.lab_runtime.conftest import run_guest
from tests.lab_runtime.probe import must

pytestmark = pytest.mark.lab

GUEST = 120


@pytest.fixture(scope="module")
def spec(make_spec: Callable[..., GuestSpec]) -> GuestSpec:
    return make_spec(GUEST)


@pytest.fixture(scope="module")
def lab(machine: Machine, spec: GuestSpec) -> Machine:
    run_guest(machine, spec)
    return machine


def test_a_freeze_that_does_not_settle_is_undone(lab: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Cgroups.freeze

    def late(self: Cgroups, vmid: int, *, frozen: bool) -> None:
        real(self, vmid, frozen=frozen)
        if frozen:
            raise OSError("does not settle")

    monkeypatch.setattr(Cgroups, "freeze", late)
    with pytest.raises(OSError, match="does not settle"):
        lab.snapshot(GUEST, "never")
    assert must(lab, GUEST, "echo", "alive") == "alive\n"


def test_a_guest_that_did_not_start_in_time_does_not_run(
    lab: Machine, spec: GuestSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.stop(GUEST)
    monkeypatch.setattr(guest, "START_S", 0)
    with pytest.raises(MachineError, match=f"CT {GUEST} does not start"):
        lab.start(GUEST, spec, print)
    assert lab.running() == set()
