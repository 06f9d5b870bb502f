"""Keeps the machine's packet filter equal to the stored firewall configuration."""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from pvelab.firewall.model import FirewallSpec
from pvelab.store import Store

if TYPE_CHECKING:
    from pvelab.runtime.machine import Machine

_LOG = logging.getLogger("pvelab")
_GATHER_S = 0.1
"""How long changes of rules are gathered: a client that makes a list of rules sends them one by one."""
_RETRY_S, _LONGEST_S = 1.0, 10.0
"""The pause after a first failure, and after many."""


class PacketFilter:
    """Loads at once when asked to, or soon, for many changes in one go."""

    def __init__(self, store: Store, machine: "Machine", spec: Callable[..., FirewallSpec]) -> None:
        """`spec` reads the configuration out of the store."""
        self._store = store
        self._spec = spec
        self._machine = machine
        self._loading = threading.Lock()
        self._built = 0
        self._loaded = 0
        self._due = False
        """Something changed that no load has taken up."""
        self._changed = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="filter", daemon=True)

    def start(self) -> None:
        """Begin to gather changes."""
        self._thread.start()

    def end(self) -> None:
        """Load what is still to be loaded, and stop."""
        self._ending.set()
        self._changed.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def apply(self) -> None:
        """Load now. Within the transaction of the change: what the machine refuses is not kept. Raises MachineError."""
        with self._store.transaction():
            self._load(*self._build())

    def soon(self) -> None:
        """Load in a moment, together with what else changes until then."""
        self._due = True
        self._changed.set()

    def _build(self) -> tuple[int, FirewallSpec]:
        with self._store.transaction():
            self._built += 1
            return self._built, self._spec(self._store, started_only=True)

    def _load(self, number: int, spec: FirewallSpec) -> None:
        # Taken after the store's lock or without it, never before: who holds it waits for nobody.
        with self._loading:
            if number > self._loaded:  # whether anything in force changes, the machine knows
                self._machine.apply_firewall(spec)
            self._loaded = max(number, self._loaded)

    def _loop(self) -> None:
        pause = _GATHER_S
        while not self._ending.is_set():
            self._changed.wait()
            self._ending.wait(pause)
            self._changed.clear()
            pause = _GATHER_S if self._load_due() else min(max(_RETRY_S, 2 * pause), _LONGEST_S)
        self._load_due()

    def _load_due(self) -> bool:
        """Take up what is due; False: it failed, and is due again."""
        if not self._due:
            return True
        self._due = False
        try:
            self._load(*self._build())
        except Exception:  # without this thread no later change of a rule would have an effect
            _LOG.exception("the packet filter was not loaded; the one before stays in force")
            self.soon()
            return False
        return True
