"""The thread that keeps the packet filter equal to the stored rules, whatever happens to a load."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pvelab import filter as under_test
from pvelab.filter import PacketFilter
from pvelab.firewall.model import FirewallSpec
from pvelab.runtime.errors import MachineError
from pvelab.store import Store
from tests.lab_api.running import eventually


class Machine:
    """Loads, fails or waits as told."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.loads = 0
        self.gate = threading.Event()
        self.gate.set()

    def apply_firewall(self, spec: FirewallSpec) -> None:
        self.loads += 1
        assert self.gate.wait(10)
        if self.errors:
            raise self.errors.pop()


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def packets(tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[PacketFilter]:
    """A filter that gathers and retries without patience."""
    for name in ("_GATHER_S", "_RETRY_S", "_LONGEST_S"):
        monkeypatch.setattr(under_test, name, 0.01, raising=False)
    store = Store(tmp_path / "state.db")
    made = PacketFilter(store, machine, lambda store, *, started_only: FirewallSpec())  # type: ignore[arg-type]
    made.start()
    yield made
    machine.gate.set()
    made.end()
    store.close()


@pytest.mark.parametrize("error", [MachineError("nft failed"), ValueError("a fault of ours")])
def test_a_failed_load_is_tried_again_and_the_next_change_too(
    packets: PacketFilter, machine: Machine, error: Exception
) -> None:
    machine.errors = [error, error]
    packets.soon()
    eventually(lambda: machine.loads == 3, "the third load succeeds")
    packets.soon()
    eventually(lambda: machine.loads == 4, "a later change is loaded")


def test_a_change_during_the_last_load_is_not_lost(packets: PacketFilter, machine: Machine) -> None:
    machine.gate.clear()
    packets.soon()
    eventually(lambda: machine.loads == 1, "a load is under way")
    packets.soon()
    ending = threading.Thread(target=packets.end)
    ending.start()
    eventually(packets._ending.is_set, "the end is asked for")
    machine.gate.set()
    ending.join(10)
    assert machine.loads == 2
