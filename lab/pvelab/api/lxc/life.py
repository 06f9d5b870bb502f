"""What tasks do to containers: create, start, stop, clone, destroy and the like. Called from task threads."""

import time
from pathlib import Path
from typing import Any

from pvelab.api.access.models import drop_acls
from pvelab.api.errors import failed
from pvelab.api.lxc import models
from pvelab.api.lxc.errors import no_bridge
from pvelab.api.pools.models import put_guest
from pvelab.api.sdn.models import running as running_sdn
from pvelab.lab import Lab
from pvelab.runtime.errors import MachineError
from pvelab.schema.property import render, size_text
from pvelab.task import Log, TaskError

SHUTDOWN_S = 60


def new_record(node: str, config: dict[str, Any], *, lock: str | None) -> dict[str, Any]:
    """The record of a container that is about to be."""
    return {
        "node": node,
        "config": config,
        "active": None,
        "lock": lock,
        "snapshots": {},
        "parent": None,
        "ctime": int(time.time()),
    }


def create(
    lab: Lab,
    vmid: int,
    log: Log,
    *,
    template: Path,
    password: str | None,
    ssh_keys: tuple[str, ...],
    restored: bool,
    start_after: bool,
) -> None:
    """Make the disk of a recorded container; nothing stays of it when that fails."""
    with lab.guest_lock(vmid):
        record = models.any_guest(lab.store, vmid) or {}
        spec = models.spec(
            vmid, record["config"], template=template, password=password, ssh_keys=ssh_keys, restored=restored
        )
        log(f"extracting archive '{template.name}'")
        try:
            if lab.machine.exists(vmid):
                lab.machine.destroy(vmid)
            lab.machine.create(spec, log)
        except BaseException:
            unmake(lab, vmid)
            raise
        models.change(lab.store, vmid, lock=None)
    if start_after:
        start(lab, vmid, log)


def clone(lab: Lab, source: int, vmid: int, log: Log, *, snapshot: str | None) -> None:
    """Copy the disk into a recorded container."""
    with lab.guest_lock(vmid):
        record = models.any_guest(lab.store, vmid) or {}
        try:
            lab.machine.clone(source, models.spec(vmid, record["config"]), log, snapshot)
        except BaseException:
            unmake(lab, vmid)
            raise
        models.change(lab.store, vmid, lock=None)


def unmake(lab: Lab, vmid: int) -> None:
    """Remove a container that could not be made. Who may do what with its number was said before it, and stays."""
    try:
        _remove_disk(lab, vmid)
    finally:
        _remove_record(lab, vmid)


def forget(lab: Lab, vmid: int) -> None:
    """Remove every trace of a container from machine and state."""
    try:
        _remove_disk(lab, vmid)
    finally:
        with lab.store.transaction():
            _remove_record(lab, vmid)
            drop_acls(lab.store, path=f"/vms/{vmid}")
            lab.store.delete("firewall", f"guest/{vmid}")
        lab.filter.apply()


def _remove_disk(lab: Lab, vmid: int) -> None:
    if lab.machine.exists(vmid):
        lab.machine.destroy(vmid)


def _remove_record(lab: Lab, vmid: int) -> None:
    with lab.store.transaction():
        put_guest(lab.store, vmid, None)
        lab.store.delete("guest", str(vmid))


def start(lab: Lab, vmid: int, log: Log) -> None:
    """Start with the wanted configuration; the packet filter is in force first."""
    with lab.guest_lock(vmid):
        record = models.any_guest(lab.store, vmid)
        if record is None:
            raise failed(f"CT {vmid} does not exist")
        if models.is_running(lab, vmid):
            raise TaskError(f"CT {vmid} already running")
        _begin(lab, vmid, record)
        try:
            lab.machine.start(vmid, models.spec(vmid, record["config"]), log)
        except BaseException:
            if not models.is_running(lab, vmid):  # what runs in spite of all stays under the filter
                _set_active(lab, vmid, None)
            raise


def _begin(lab: Lab, vmid: int, record: dict[str, Any]) -> None:
    """Everything that must be right before it runs."""
    vnets = running_sdn(lab.store, "vnet")
    for nic in models.nics(record["config"]).values():
        if nic["bridge"] not in vnets:
            raise no_bridge(nic["bridge"])
    if not lab.is_online(record["node"]):
        raise TaskError(f"node '{record['node']}' is offline")
    _set_active(lab, vmid, record["config"])


def _set_active(lab: Lab, vmid: int, config: dict[str, Any] | None) -> None:
    """Write down with what a container runs, and let the packet filter follow."""
    with lab.store.transaction():
        models.change(lab.store, vmid, active=config)
        lab.filter.apply()


def stop(lab: Lab, vmid: int, log: Log) -> None:
    """Pull the plug."""
    with lab.guest_lock(vmid):
        log(f"stopping CT {vmid}")
        lab.machine.stop(vmid)
        _set_active(lab, vmid, None)


def shutdown(lab: Lab, vmid: int, log: Log, *, timeout_s: int, force: bool) -> None:
    """Ask it to power off; after the time pull the plug (`force`) or fail."""
    with lab.guest_lock(vmid):
        log(f"shutdown CT {vmid}")
        if not lab.machine.shutdown(vmid, timeout_s):
            if not force:
                raise TaskError("CT shutdown failed - got timeout")
            log("container did not stop in time, stopping it hard")
            lab.machine.stop(vmid)
        _set_active(lab, vmid, None)


def reboot(lab: Lab, vmid: int, log: Log, *, timeout_s: int) -> None:
    """Off and on again; pending changes take effect."""
    with lab.guest_lock(vmid):
        record = models.any_guest(lab.store, vmid)
        if record is None or not models.is_running(lab, vmid):
            raise TaskError(f"CT {vmid} not running")
        log(f"requesting reboot of CT {vmid}")
        if not lab.machine.shutdown(vmid, timeout_s):
            lab.machine.stop(vmid)
        _set_active(lab, vmid, None)
        start(lab, vmid, log)


def destroy(lab: Lab, vmid: int, log: Log, *, force: bool, purge: bool) -> None:
    """Remove a stopped container; `purge` takes it out of backup jobs, HA and replication too."""
    with lab.guest_lock(vmid):
        record = models.any_guest(lab.store, vmid)
        if record is None:
            raise failed(f"CT {vmid} does not exist")
        models.check_lock(record)
        if models.is_running(lab, vmid):
            if not force:
                raise TaskError(f"unable to destroy CT {vmid} - container is running")
            lab.machine.stop(vmid)
        log(f"destroying CT {vmid}")
        forget(lab, vmid)
        if purge:
            _purge(lab, vmid, log)


def _purge(lab: Lab, vmid: int, log: Log) -> None:
    from pvelab.api.backup.models import drop_guest
    from pvelab.api.ha.models import drop_resource

    log(f"purging CT {vmid} from related configurations..")
    with lab.store.transaction():
        drop_guest(lab.store, vmid)
        drop_resource(lab.store, f"ct:{vmid}")


def resize(lab: Lab, vmid: int, log: Log, amount: int) -> None:
    """Grow the root disk."""
    with lab.guest_lock(vmid):
        lab.machine.resize(vmid, amount)
        with lab.store.transaction():
            record = models.any_guest(lab.store, vmid) or {}
            disk = {**models.rootfs(record["config"]), "size": size_text(amount)}
            record["config"]["rootfs"] = render(models.ROOTFS_SHAPE, disk)
            models.save(lab.store, vmid, record)
        log(f"rootfs is now {size_text(amount)}")


def move(lab: Lab, vmid: int, target: str) -> None:
    """Write down that a container belongs to another node."""
    models.change(lab.store, vmid, node=target)


def migrate(lab: Lab, vmid: int, target: str, log: Log, *, restart: bool) -> None:
    """Move to another logical node: with a restart when it runs."""
    with lab.guest_lock(vmid):
        was_running = models.is_running(lab, vmid)
        if was_running:
            if not restart:
                raise TaskError(f"CT {vmid} is running, and containers are migrated in restart mode only")
            shutdown(lab, vmid, log, timeout_s=SHUTDOWN_S, force=True)
        move(lab, vmid, target)
        log(f"CT {vmid} is on node {target} now")
    if was_running:
        start(lab, vmid, log)


def recover(lab: Lab) -> None:
    """After the daemon came back: adopt what runs, end half-made containers, free locks that nobody holds."""
    alive = lab.machine.running()
    for key, record in lab.store.items("guest").items():
        vmid = int(key)
        if record["lock"] == "create":
            try:
                if vmid in alive:
                    lab.machine.stop(vmid)
                unmake(lab, vmid)
            except MachineError as error:
                lab.note("root@pam", f"CT {vmid}: could not clear a half-made container: {error}")
            continue
        active = (record["active"] or record["config"]) if vmid in alive else None
        if record["lock"] or active != record["active"]:
            models.save(lab.store, vmid, {**record, "lock": None, "active": active})
