"""Copies of guests: snapshots, clones, exports. A snapshot is a copy of the disk image, kept outside the guest."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pvelab.runtime import disk, hostkey, layer, netfile
from pvelab.runtime.errors import MachineError
from pvelab.runtime.guest import Guests
from pvelab.runtime.model import GuestSpec, Log


def take(guests: Guests, vmid: int, name: str) -> None:
    """Keep the disk's contents; a running guest is frozen and its writes are on disk meanwhile."""
    guests.require(vmid)
    target = guests.place.snapshot(vmid, name)
    if target.exists():
        raise MachineError(f"snapshot name '{name}' already used")
    with frozen(guests, vmid):
        disk.copy(guests.place.image(vmid), target)


def rollback(guests: Guests, vmid: int, name: str) -> None:
    """Put a snapshot's contents back; the snapshot stays."""
    guests.require_stopped(vmid, "roll it back")
    disk.copy(_require(guests, vmid, name), guests.place.image(vmid))


def delete(guests: Guests, vmid: int, name: str) -> None:
    """Forget a snapshot."""
    _require(guests, vmid, name).unlink()


def clone(guests: Guests, source: int, spec: GuestSpec, *, snapshot: str | None, log: Log) -> None:
    """A full copy under another number, with host keys, machine id and names of its own."""
    guests.require(source)
    with guests.making(spec.vmid) as folder:
        shutil.copy(guests.place.guest(source) / "guest.json", folder / "guest.json")
        log(f"copying the disk of CT {source}")
        if snapshot is not None:
            disk.copy(_require(guests, source, snapshot), guests.place.image(spec.vmid))
        else:
            with frozen(guests, source):
                disk.copy(guests.place.image(source), guests.place.image(spec.vmid))
        if spec.disk_bytes > guests.place.image(spec.vmid).stat().st_size:
            guests.resize(spec.vmid, spec.disk_bytes)
        changes: list[dict[str, object]] = [
            *hostkey.host_keys(netfile.short_name(spec)),
            {"kind": "write", "path": "/etc/machine-id", "text": ""},
        ]
        guests.change_files(spec.vmid, changes)


def export(guests: Guests, vmid: int, file: Path, log: Log) -> None:
    """The guest's file tree as one `.tar.zst`, owners as the guest sees them."""
    guests.require(vmid)
    log(f"archiving the file tree of CT {vmid}")
    unfinished = file.with_name(f".{file.name}.unfinished")
    # The shell opens the archive, as the guest's shifted root may not; tar then sees owners as the guest does.
    argv: list[str | Path] = ["sh", "-c", 'out=$1; shift; exec "$@" >"$out"', "sh", unfinished]
    if guests.owner(vmid):
        argv += [
            "lxc-usernsexec",
            "-m",
            f"u:0:{layer.SHIFT}:{layer.RANGE}",
            "-m",
            f"g:0:{layer.SHIFT}:{layer.RANGE}",
            "--",
        ]
    argv += ["tar", "-c", "--zstd", "--numeric-owner", "--xattrs", "--xattrs-include=*", "--one-file-system"]
    argv += ["--exclude=./dev/*", "-C", guests.place.root_mount(vmid), "-f", "-", "."]
    try:
        if monitor := guests.cgroups.monitor(vmid):
            with frozen(guests, vmid):
                disk.inside(monitor, argv)
        else:
            guests.in_stopped_tree(vmid, argv, timeout_s=1800)
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def frozen(guests: Guests, vmid: int) -> Iterator[None]:
    """Hold a running guest still, its disk consistent. Nothing to do for a stopped one."""
    monitor = guests.cgroups.monitor(vmid)
    if monitor is None:
        disk.wait_until_free(guests.place.image(vmid))
        yield
        return
    mount = guests.place.disk_mount(vmid)
    try:
        guests.cgroups.freeze(vmid, frozen=True)
        disk.inside(monitor, ["fsfreeze", "--freeze", mount])
        try:
            yield
        finally:
            disk.inside(monitor, ["fsfreeze", "--unfreeze", mount], check=False)
    finally:
        guests.cgroups.freeze(vmid, frozen=False)


def _require(guests: Guests, vmid: int, name: str) -> Path:
    path = guests.place.snapshot(vmid, name)
    if not path.exists():
        raise MachineError(f"snapshot '{name}' does not exist")
    return path
