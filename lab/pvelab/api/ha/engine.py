"""What the cluster does by itself: keeps HA resources in their wanted state on a node that has power."""

import logging
import threading
from typing import Any

from pvelab.api.ha import models
from pvelab.api.lxc import life
from pvelab.api.lxc.models import is_running
from pvelab.lab import Lab
from pvelab.task import Log, parse_upid

_LOG = logging.getLogger("pvelab")
_PERIOD_S = 5.0
_USER = "root@pam"


class Engine:
    """One thread that looks every few seconds, and whenever it is woken.

    A real cluster waits about two minutes before it believes that a node is gone; the lab does not wait.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._wake = threading.Event()
        self._ending = False
        self._failures: dict[str, int] = {}
        self._thread = threading.Thread(target=self._loop, name="ha", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    def end(self) -> None:
        """Stop looking; tasks that were started go on."""
        self._ending = True
        self._wake.set()
        self._thread.join(10)

    def _loop(self) -> None:
        while not self._ending:
            try:
                self.look()
            except Exception:
                _LOG.exception("fault in the HA engine")
            self._wake.wait(_PERIOD_S)
            self._wake.clear()

    def look(self) -> None:
        """Start what is needed for every resource; nothing without quorum."""
        if not self._lab.is_quorate():
            return
        busy = {parse_upid(upid).id for upid in self._lab.tasks.active()}
        for sid, resource in self._lab.store.items("ha-resource").items():
            key = sid.partition(":")[2]
            record = self._lab.store.get("guest", key)
            if record is not None and not record["lock"] and key not in busy:
                self._care(sid, resource, int(key), record)

    def _care(self, sid: str, resource: dict[str, Any], vmid: int, record: dict[str, Any]) -> None:
        lab, state, node = self._lab, resource.get("state", "started"), record["node"]
        running = lab.is_online(node) and is_running(lab, vmid)
        if state in ("stopped", "disabled"):
            if running:
                self._run(vmid, node, "vzshutdown", lambda log: self._shut(vmid, log))
        elif state == "started":
            target = self._target(sid, resource, node)
            if target is None:
                return
            if target != node and running:
                self._run(vmid, node, "vzmigrate", lambda log: life.migrate(lab, vmid, target, log, restart=True))
            elif target != node:
                life.move(lab, vmid, target)
                lab.note(_USER, f"recover service '{sid}' from node '{node}' to node '{target}'", node=target)
                self._start(sid, resource, vmid, target)
            elif not running:
                self._start(sid, resource, vmid, node)

    def _target(self, sid: str, resource: dict[str, Any], node: str) -> str | None:
        best = models.candidates(self._lab, sid)
        if not best:
            return None
        here = models.rank(self._lab, sid, node)
        if here is None:
            return best[0]
        there = models.rank(self._lab, sid, best[0]) or 0
        return best[0] if there > here and resource.get("failback", 1) else node

    def _shut(self, vmid: int, log: Log) -> None:
        life.shutdown(self._lab, vmid, log, timeout_s=life.SHUTDOWN_S, force=True)

    def _start(self, sid: str, resource: dict[str, Any], vmid: int, node: str) -> None:
        if self._failures.get(sid, 0) > resource.get("max_restart", 1):
            return

        def work(log: Log) -> None:
            try:
                life.start(self._lab, vmid, log)
            except BaseException:
                self._failures[sid] = self._failures.get(sid, 0) + 1
                raise
            self._failures.pop(sid, None)

        self._run(vmid, node, "vzstart", work)

    def _run(self, vmid: int, node: str, kind: str, work: Any) -> None:
        self._lab.tasks.start(node=node, kind=kind, subject=str(vmid), user=_USER, work=work)

    def forgive(self, sid: str) -> None:
        """Try again to start a resource that failed too often."""
        self._failures.pop(sid, None)

    def state_of(self, sid: str, resource: dict[str, Any], running: bool) -> str:
        """A resource's state as the status shows it."""
        wanted = str(resource.get("state", "started"))
        if wanted == "started" and self._failures.get(sid, 0) > resource.get("max_restart", 1):
            return "error"
        if wanted == "started":
            return "started" if running else "starting"
        return wanted
