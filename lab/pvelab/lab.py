"""One running lab: its settings, state, machine, tasks and authority, as the API's handlers see it."""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pvelab.access.permission import Authority
from pvelab.access.ticket import Seal
from pvelab.filter import PacketFilter
from pvelab.store import Store
from pvelab.task import TaskRunner

if TYPE_CHECKING:
    from pvelab.runtime.machine import Machine


@dataclass(frozen=True)
class Settings:
    """How a lab was asked to be."""

    name: str
    state: Path
    """This lab's own directory."""
    cache: Path
    """Shared by all labs of the user."""
    nodes: tuple[str, ...] = ("pve1", "pve2", "pve3")
    """Logical nodes; all are this one machine."""
    desk: tuple[str, ...] = ()
    """As given on the command line, shown by `status`."""
    uplinks: tuple[str, ...] = ("vmbr0", "vmbr1", "vmbr2", "vmbr3")
    """Bridges that the nodes pretend to have, for SDN zones to sit on; they carry nothing."""


class HighAvailability(Protocol):
    """What keeps HA resources in their wanted state (`api/ha/engine.py`)."""

    def start(self) -> None:
        """Begin to look after them."""

    def wake(self) -> None:
        """Look now."""

    def look(self) -> None:
        """Look once, in the caller's thread."""

    def forgive(self, sid: str) -> None:
        """Try again to start a resource that failed too often."""

    def state_of(self, sid: str, resource: dict[str, Any], running: bool) -> str:
        """A resource's state as the status shows it."""

    def end(self) -> None:
        """Stop looking."""


class Lab:
    """What handlers work with; made by `assembly.assemble`."""

    filter: PacketFilter
    engine: HighAvailability

    def __init__(self, settings: Settings, machine: "Machine") -> None:
        """Opens the state; touches nothing of the machine."""
        self.settings = settings
        self.machine = machine
        self.store = Store(settings.state / "state.db")
        self.tasks = TaskRunner(self.store, settings.state / "tasks")
        self.authority = Authority(self.store)
        self.seal = Seal(self.store)
        self.started = time.time()
        self._samples: dict[int, tuple[float, float]] = {}
        self._guest_locks: defaultdict[int, threading.RLock] = defaultdict(threading.RLock)
        self.network_lock = threading.Lock()
        """Held while networks are applied."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of the logical nodes."""
        return self.settings.nodes

    def is_online(self, node: str) -> bool:
        """Whether the node has power."""
        return bool((self.store.get("node", node) or {"online": True})["online"])

    def is_quorate(self) -> bool:
        """Whether more than half of the nodes have power: without, a cluster changes nothing."""
        return sum(self.is_online(node) for node in self.nodes) * 2 > len(self.nodes)

    def guest_lock(self, vmid: int) -> threading.RLock:
        """Held by the task that works on the guest. Take it before the store's, never after."""
        return self._guest_locks[vmid]

    def note(self, user: str, message: str, *, node: str | None = None) -> None:
        """A line of the cluster log."""
        with self.store.transaction():
            number = int(self.store.get("meta", "log-number") or 0) + 1
            self.store.put("meta", "log-number", number)
            entry: dict[str, Any] = {
                "uid": number,
                "time": int(time.time()),
                "msg": message,
                "node": node or self.nodes[0],
                "pid": 1,
                "pri": 6,
                "tag": "pvedaemon",
                "user": user,
            }
            self.store.put("log", f"{number:09d}", entry)
            self.store.delete("log", f"{number - 1000:09d}")

    def cpu_share(self, vmid: int, cpu_s: float, cores: float) -> float:
        """Processor use between this reading and the one before, as a share of the guest's cores."""
        now = time.monotonic()
        before = self._samples.get(vmid)
        self._samples[vmid] = (now, cpu_s)
        if before is None or now - before[0] < 0.05 or cpu_s < before[1]:
            return 0.0
        return round((cpu_s - before[1]) / (now - before[0]) / max(cores, 1), 6)

    def close(self) -> None:
        """Let go of the state; guests keep running."""
        self.store.close()
