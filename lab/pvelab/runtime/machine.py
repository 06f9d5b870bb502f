"""The lab on this machine: the one entrance for the API half."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pvelab.firewall.model import FirewallSpec
from pvelab.runtime.model import (
    DeskSpec,
    GuestSpec,
    GuestStatus,
    Interface,
    Log,
    PackageProxySpec,
    RouteSpec,
    VnetSpec,
)


class Machine:
    """One lab on this machine. Every method blocks and may be called from several threads; guests do not wait for each
    other, two calls for one guest do. Raises MachineError with one sentence.
    """

    def __init__(
        self,
        *,
        name: str,
        state: Path,
        cache: Path,
        desk: Sequence[DeskSpec] = (),
        routes: Sequence[RouteSpec] = (),
        packages: PackageProxySpec | None = None,
    ) -> None:
        """Touches nothing. `state`: this lab's own directory; `cache`: shared by the labs of this user."""
        raise NotImplementedError

    @property
    def netns(self) -> Path:
        """The lab's network namespace: `/run/netns/pvelab-<name>`."""
        raise NotImplementedError

    def open(self, log: Log = print) -> None:
        """Make or adopt the namespace, clear leftovers of this name, check disk and memory, start the package proxy."""
        raise NotImplementedError

    def close(self, *, destroy: bool) -> None:
        """Let go (guests keep running, to be adopted), or with `destroy` stop and remove every trace of the lab."""
        raise NotImplementedError

    def create(self, spec: GuestSpec, log: Log) -> None:
        """Make the guest's disk from its template. Leaves nothing behind when it fails."""
        raise NotImplementedError

    def destroy(self, vmid: int) -> None:
        """Remove the guest's disk and snapshots; refuses while it runs."""
        raise NotImplementedError

    def start(self, vmid: int, spec: GuestSpec, log: Log) -> None:
        """Start the guest; returns when its init runs and its interfaces are plugged in."""
        raise NotImplementedError

    def stop(self, vmid: int) -> None:
        """Pull the plug. Nothing to do when it does not run."""
        raise NotImplementedError

    def shutdown(self, vmid: int, timeout_s: int) -> bool:
        """Ask the guest to power off; True when it did within the time."""
        raise NotImplementedError

    def reboot(self, vmid: int, spec: GuestSpec, log: Log, timeout_s: int = 60) -> None:
        """Shut the guest down (hard after the time) and start it with `spec`: pending changes take effect."""
        raise NotImplementedError

    def status(self, vmid: int) -> GuestStatus:
        """What the guest uses now."""
        raise NotImplementedError

    def exists(self, vmid: int) -> bool:
        """Whether the guest has a disk here."""
        raise NotImplementedError

    def running(self) -> set[int]:
        """The guests that run now, whoever started them: what a restarted daemon adopts."""
        raise NotImplementedError

    def interfaces(self, vmid: int) -> list[Interface]:
        """The guest's interfaces as they are now; refuses when it does not run."""
        raise NotImplementedError

    def resize(self, vmid: int, disk_bytes: int) -> None:
        """Grow the guest's disk, running or not; refuses to shrink."""
        raise NotImplementedError

    def apply_limits(self, vmid: int, spec: GuestSpec) -> None:
        """Put memory, swap, processor and pids limits in force on the running guest; nothing to do on a stopped one."""
        raise NotImplementedError

    def clone(self, source: int, spec: GuestSpec, log: Log, snapshot: str | None = None) -> None:
        """A full copy of the guest's disk (or of its snapshot) as guest `spec.vmid`; new host keys and machine id."""
        raise NotImplementedError

    def snapshot(self, vmid: int, name: str) -> None:
        """Keep the disk's contents under a name; a running guest is frozen meanwhile."""
        raise NotImplementedError

    def rollback(self, vmid: int, name: str) -> None:
        """Put a snapshot's contents back; refuses while the guest runs."""
        raise NotImplementedError

    def delete_snapshot(self, vmid: int, name: str) -> None:
        """Forget a snapshot."""
        raise NotImplementedError

    def export(self, vmid: int, file: Path, log: Log) -> None:
        """The guest's whole file tree as one `.tar.zst` (a vzdump archive's contents), frozen meanwhile when it runs."""
        raise NotImplementedError

    def set_root_access(self, vmid: int, *, password: str | None = None, ssh_keys: Sequence[str] | None = None) -> None:
        """Set root's password and/or authorised keys inside the guest, running or not."""
        raise NotImplementedError

    def execute(self, vmid: int, argv: Sequence[str], *, timeout_s: float = 60) -> tuple[int, str, str]:
        """Run a command as root inside a running guest: exit status, output, errors. For tests and set-up."""
        raise NotImplementedError

    def apply_networks(self, vnets: Iterable[VnetSpec]) -> None:
        """Make the bridges equal to the running SDN configuration, desk addresses and routes included.

        Refuses, before it changes anything, to remove a bridge that a running guest is plugged into.
        """
        raise NotImplementedError

    def apply_firewall(self, spec: FirewallSpec) -> None:
        """Replace the packet filter in one transaction; on an error the old one stays in force."""
        raise NotImplementedError

    def templates(self) -> list[Path]:
        """The template archives in the cache."""
        raise NotImplementedError

    def build_template(self, log: Log) -> Path:
        """The standard template, built when the cache lacks it; the path of its archive."""
        raise NotImplementedError
