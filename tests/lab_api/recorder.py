"""A machine that starts nothing: it keeps in memory what the API half asked of it, for tests of the API alone."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pvelab.firewall.compile import compile_ruleset
from pvelab.firewall.model import FirewallSpec
from pvelab.runtime.errors import MachineError
from pvelab.runtime.model import Address, GuestSpec, GuestStatus, Interface, Log, VnetSpec


class RecordingMachine:
    """Has the methods of `pvelab.runtime.machine.Machine`."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.calls: list[tuple[str, Any]] = []
        self.guests: dict[int, GuestSpec] = {}
        self.up: dict[int, GuestSpec] = {}
        self.kept: dict[tuple[int, str], GuestSpec] = {}
        self.vnets: tuple[VnetSpec, ...] = ()
        self.firewall = FirewallSpec()
        self.fail_next: str | None = None
        self.deaf: set[int] = set()
        """Guests that do not react to a shutdown request."""
        self.undead: set[int] = set()
        """Guests that run although their start fails."""
        self.stuck: set[int] = set()
        """Guests that cannot be stopped."""
        self.gate = threading.Event()
        """Cleared: `create` waits for it."""
        self.gate.set()

    def _note(self, name: str, value: Any) -> None:
        self.calls.append((name, value))
        if self.fail_next == name:
            self.fail_next = None
            raise MachineError(f"{name} was told to fail")

    def open(self, log: Log = print) -> None:
        self._note("open", None)

    def close(self, *, destroy: bool) -> None:
        self._note("close", destroy)

    def create(self, spec: GuestSpec, log: Log) -> None:
        log(f"creating {spec.vmid}")
        self.gate.wait()
        self._note("create", spec)
        self.guests[spec.vmid] = spec

    def destroy(self, vmid: int) -> None:
        if vmid in self.up:
            raise MachineError(f"guest {vmid} runs")
        self._note("destroy", vmid)
        self.guests.pop(vmid, None)

    def start(self, vmid: int, spec: GuestSpec, log: Log) -> None:
        if vmid in self.undead:
            self.up[vmid] = spec
        self._note("start", spec)
        self.up[vmid] = spec

    def stop(self, vmid: int) -> None:
        self._note("stop", vmid)
        if vmid in self.stuck:
            raise MachineError(f"CT {vmid} does not stop")
        self.up.pop(vmid, None)

    def shutdown(self, vmid: int, timeout_s: float) -> bool:
        self._note("shutdown", (vmid, timeout_s))
        if vmid in self.deaf:
            return False
        self.up.pop(vmid, None)
        return True

    def status(self, vmid: int) -> GuestStatus:
        if vmid not in self.up:
            return GuestStatus(running=False)
        return GuestStatus(running=True, pid=4242, uptime_s=7, mem_bytes=1 << 24, cpu_s=1.0, max_disk_bytes=1 << 32)

    def exists(self, vmid: int) -> bool:
        return vmid in self.guests

    def running(self) -> set[int]:
        return set(self.up)

    def interfaces(self, vmid: int) -> list[Interface]:
        found = [Interface(name="lo", mac="00:00:00:00:00:00", addresses=(Address("127.0.0.1", 8, 4),))]
        for nic in self.up[vmid].nics:
            cidrs = [(text, family) for text, family in ((nic.ip4cidr, 4), (nic.ip6cidr, 6)) if text and "/" in text]
            addresses = tuple(Address(t.partition("/")[0], int(t.partition("/")[2]), f) for t, f in cidrs)
            found.append(Interface(name=nic.name, mac=nic.mac.lower(), addresses=addresses))
        return found

    def resize(self, vmid: int, disk_bytes: int) -> None:
        self._note("resize", (vmid, disk_bytes))

    def apply_limits(self, vmid: int, spec: GuestSpec) -> None:
        self._note("apply_limits", spec)
        self.up[vmid] = replace(self.up[vmid], memory_mib=spec.memory_mib, cores=spec.cores)

    def clone(self, source: int, spec: GuestSpec, log: Log, snapshot: str | None = None) -> None:
        self._note("clone", (source, spec, snapshot))
        self.guests[spec.vmid] = spec

    def snapshot(self, vmid: int, name: str) -> None:
        self._note("snapshot", (vmid, name))
        self.kept[vmid, name] = self.guests[vmid]

    def rollback(self, vmid: int, name: str) -> None:
        self._note("rollback", (vmid, name))

    def delete_snapshot(self, vmid: int, name: str) -> None:
        self._note("delete_snapshot", (vmid, name))
        self.kept.pop((vmid, name))

    def export(self, vmid: int, file: Path, log: Log) -> None:
        self._note("export", (vmid, file))
        file.write_bytes(b"archive of " + str(vmid).encode())

    def set_root_access(self, vmid: int, *, password: str | None = None, ssh_keys: Sequence[str] | None = None) -> None:
        self._note("set_root_access", vmid)

    def apply_networks(self, vnets: Iterable[VnetSpec]) -> None:
        wanted = tuple(vnets)
        self._note("apply_networks", wanted)
        self.vnets = wanted

    def apply_firewall(self, spec: FirewallSpec) -> None:
        compile_ruleset(spec)
        self._note("apply_firewall", spec)
        self.firewall = spec

    def templates(self) -> list[Path]:
        return sorted((self.cache / "templates").glob("*.tar.zst"))

    def build_template(self, log: Log) -> Path:
        return self.templates()[0]

    def named(self, name: str) -> list[Any]:
        """What the calls of that name were given."""
        return [value for called, value in self.calls if called == name]
