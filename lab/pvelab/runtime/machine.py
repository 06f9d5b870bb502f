"""The lab on this machine: the one entrance for the API half."""

import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pvelab.firewall.compile import compile_ruleset
from pvelab.firewall.model import FirewallError, FirewallSpec
from pvelab.runtime import (
    disk,
    hostkey,
    kernel,
    leftover,
    nft,
    observe,
    preflight,
    record,
    requirement,
    snapshot,
    subid,
    template,
)
from pvelab.runtime.cgroup import Cgroups
from pvelab.runtime.errors import MachineError
from pvelab.runtime.guest import Guests
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
from pvelab.runtime.namespace import Namespace
from pvelab.runtime.network import Networks
from pvelab.runtime.packages import PackageProxy
from pvelab.runtime.place import Place


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
        self.place = Place(name=name, state=state.resolve(), cache=cache.resolve())
        self.namespace = Namespace(name)
        seats = [*desk, DeskSpec(vnet=packages.vnet, addresses=(packages.address,))] if packages else desk
        self._packages = PackageProxy(place=self.place, namespace=self.namespace, spec=packages) if packages else None
        self._networks = Networks(self.place, self.namespace, desk=seats, routes=routes)
        self._cgroups = Cgroups(name)
        self._guests = Guests(self.place, self.namespace, self._cgroups)
        self._locks: dict[int, threading.Lock] = {}
        self._lock = threading.Lock()
        self._filter = ""
        """The guests' packet filter as this process loaded it last."""

    @property
    def netns(self) -> Path:
        """The lab's network namespace: `/run/netns/pvelab-<name>`."""
        return self.namespace.path

    def open(self, log: Log = print) -> None:
        """Make or adopt the namespace, clear leftovers of this name, check disk and memory, start the package proxy."""
        requirement.check()
        preflight.check(self.place.state, disk=preflight.LAB_DISK, memory=preflight.LAB_MEMORY, purpose="the lab")
        self._take_over(log)
        record.claim(self.place.name, state=self.place.state, cache=self.place.cache)
        try:
            self.place.guests.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._guests.sweep(log)
            subid.ensure(log)
            kernel.raise_limits(log)
            if self.namespace.open():
                log(f"made network namespace {self.netns}")
            self._filter = ""  # whatever an earlier process loaded into an adopted namespace
            self._networks.open()
            nft.load(self.namespace, nft.own_rules((self._packages.spec.port,) if self._packages else ()))
            if self._packages:
                self._packages.open(log)
                self._listen_for_packages()
        except BaseException:
            record.release(self.place.name)
            raise

    def close(self, *, destroy: bool, log: Log = print) -> None:
        """Let go (guests keep running, to be adopted), or with `destroy` stop and remove every trace of the lab.

        `destroy` also works on a lab that was never opened here, provided that no other process has it open.
        """
        if destroy and not record.is_ours(self.place.name):
            record.claim(self.place.name, state=self.place.state, cache=self.place.cache)
        if self._packages:
            self._packages.close()
        if destroy:
            for vmid in self.running():
                self._guests.stop(vmid)
            leftover.remove_all(self.place.name, log=lambda _: None)
            shutil.rmtree(self.place.guests, ignore_errors=True)
        record.release(self.place.name)

    def _take_over(self, log: Log) -> None:
        known = record.read(self.place.name)
        if record.is_alive(self.place.name) or known is None or known.state == str(self.place.state):
            return  # `claim` refuses a living one; our own guests are adopted
        if leftover.is_adoptable(self.place.name):
            raise MachineError(
                f"guests of lab '{self.place.name}' with state {known.state} still run: "
                "choose another name, or end that lab"
            )
        leftover.clear(self.place.name, log)

    def _listen_for_packages(self) -> None:
        # The address comes with its network, which may not be applied yet.
        if self._packages and self._packages.spec.vnet in self._networks.bridges():
            self._packages.listen()

    def create(self, spec: GuestSpec, log: Log) -> None:
        """Make the guest's disk from its template. Leaves nothing behind when it fails."""
        self._check_room(spec.vmid, memory=0)
        with self._only(spec.vmid):
            self._guests.create(spec, log)

    def destroy(self, vmid: int) -> None:
        """Remove the guest's disk and snapshots; refuses while it runs."""
        with self._only(vmid):
            self._guests.destroy(vmid)

    def start(self, vmid: int, spec: GuestSpec, log: Log) -> None:
        """Start the guest; returns when its init runs and its interfaces are plugged in.

        The packet filter must know the guest before (`apply_firewall`): its rules go by interface names.
        """
        _same(vmid, spec)
        self._check_room(vmid, memory=preflight.GUEST_MEMORY)
        with self._only(vmid):
            self._guests.start(spec, log)

    def stop(self, vmid: int) -> None:
        """Pull the plug. Nothing to do when it does not run."""
        with self._only(vmid):
            self._guests.stop(vmid)

    def shutdown(self, vmid: int, timeout_s: float) -> bool:
        """Ask the guest to power off; True when it did within the time."""
        with self._only(vmid):
            return self._guests.shutdown(vmid, timeout_s)

    def reboot(self, vmid: int, spec: GuestSpec, log: Log, timeout_s: float = 60) -> None:
        """Shut the guest down (hard after the time) and start it with `spec`: pending changes take effect."""
        _same(vmid, spec)
        with self._only(vmid):
            if not self._guests.shutdown(vmid, timeout_s):
                log(f"CT {vmid} did not end within {timeout_s:.0f} s: stopping it")
                self._guests.stop(vmid)
            self._guests.start(spec, log)

    def status(self, vmid: int) -> GuestStatus:
        """What the guest uses now."""
        return observe.status(vmid, self.place, self._cgroups)

    def exists(self, vmid: int) -> bool:
        """Whether the guest has a disk here."""
        return self._guests.exists(vmid)

    def running(self) -> set[int]:
        """The guests that run now, whoever started them: what a restarted daemon adopts."""
        return set(self._cgroups.monitors())

    def interfaces(self, vmid: int) -> list[Interface]:
        """The guest's interfaces as they are now; refuses when it does not run."""
        return observe.interfaces(vmid, self._cgroups)

    def resize(self, vmid: int, disk_bytes: int) -> None:
        """Grow the guest's disk, running or not; refuses to shrink."""
        with self._only(vmid):
            self._guests.resize(vmid, disk_bytes)

    def apply_limits(self, vmid: int, spec: GuestSpec) -> None:
        """Put memory, swap, processor and pids limits in force on the running guest; nothing to do on a stopped one."""
        _same(vmid, spec)
        with self._only(vmid):
            self._guests.apply_limits(spec)

    def clone(self, source: int, spec: GuestSpec, log: Log, snapshot_name: str | None = None) -> None:
        """A full copy of the guest's disk (or of its snapshot) as guest `spec.vmid`; new host keys and machine id."""
        self._check_room(spec.vmid, memory=0)
        first, second = sorted((source, spec.vmid))
        with self._only(first), self._only(second):
            snapshot.clone(self._guests, source, spec, snapshot=snapshot_name, log=log)

    def snapshot(self, vmid: int, name: str) -> None:
        """Keep the disk's contents under a name; a running guest is frozen meanwhile."""
        self._check_room(vmid, memory=0)
        with self._only(vmid):
            snapshot.take(self._guests, vmid, name)

    def rollback(self, vmid: int, name: str) -> None:
        """Put a snapshot's contents back; refuses while the guest runs."""
        with self._only(vmid):
            snapshot.rollback(self._guests, vmid, name)

    def delete_snapshot(self, vmid: int, name: str) -> None:
        """Forget a snapshot."""
        with self._only(vmid):
            snapshot.delete(self._guests, vmid, name)

    def export(self, vmid: int, file: Path, log: Log) -> None:
        """The guest's whole file tree as one `.tar.zst`, owners as the guest sees them, frozen meanwhile when it runs.

        It can be the template of a new guest: that is a restore.
        """
        with self._only(vmid):
            snapshot.export(self._guests, vmid, file, log)

    def set_root_access(self, vmid: int, *, password: str | None = None, ssh_keys: Sequence[str] | None = None) -> None:
        """Set root's password and/or authorised keys inside the guest, running or not."""
        keys = None if ssh_keys is None else tuple(ssh_keys)
        with self._only(vmid):
            self._guests.require(vmid)
            self._guests.change_files(vmid, hostkey.root_access(password=password, ssh_keys=keys))

    def execute(self, vmid: int, argv: Sequence[str], *, timeout_s: float = 60) -> tuple[int, str, str]:
        """Run a command as root inside a running guest: exit status, output, errors. For tests and set-up."""
        return self._guests.execute(vmid, argv, timeout_s=timeout_s)

    def apply_networks(self, vnets: Iterable[VnetSpec]) -> None:
        """Make the bridges equal to the running SDN configuration, desk addresses and routes included.

        Refuses, before it changes anything, to remove a bridge that a running guest is plugged into.
        """
        with self._lock:
            self._networks.apply(vnets)
            self._listen_for_packages()

    def apply_firewall(self, spec: FirewallSpec) -> None:
        """Replace the packet filter in one transaction; on an error the old one stays in force.

        Rules of a guest whose firewall is still off change nothing that is loaded, and so cost no load.
        """
        try:
            ruleset = compile_ruleset(spec)
        except FirewallError as error:
            raise MachineError(str(error)) from error
        with self._lock:
            if ruleset != self._filter:
                nft.load(self.namespace, ruleset)
                self._filter = ruleset

    def templates(self) -> list[Path]:
        """The standard template of the present recipe, if it was built."""
        found = template.present(self.place.cache)
        return [found] if found else []

    def build_template(self, log: Log) -> Path:
        """The standard template, built when the cache lacks it; the path of its archive."""
        requirement.check()
        return template.build(self.place.cache, log)

    def _check_room(self, vmid: int, *, memory: int) -> None:
        images = set(self.place.guests.glob("*/disk.img")) - {self.place.image(vmid)}
        others = [disk.used_bytes(image) for image in images]
        purpose = f"CT {vmid} beside {len(others)} others that still grow"
        room = preflight.GUEST_DISK + preflight.still_wanted(others)
        preflight.check(self.place.state, disk=room, memory=memory, purpose=purpose)

    @contextmanager
    def _only(self, vmid: int) -> Iterator[None]:
        with self._lock:
            lock = self._locks.setdefault(vmid, threading.Lock())
        with lock:
            yield


def _same(vmid: int, spec: GuestSpec) -> None:
    if vmid != spec.vmid:
        raise MachineError(f"record of CT {spec.vmid} given for CT {vmid}")
