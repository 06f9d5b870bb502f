"""Snapshots of containers, where the storage has them."""

import time
from typing import Any

from pvelab.api.errors import failed
from pvelab.api.lxc import life, models
from pvelab.api.storage.models import SNAPSHOT_TYPES
from pvelab.lab import Lab
from pvelab.store import Store
from pvelab.task import Log, TaskError


def has_snapshots(store: Store, config: dict[str, Any]) -> bool:
    """Whether the root disk lies on a storage that can."""
    name = models.rootfs(config)["volume"].partition(":")[0]
    return (store.get("storage", name) or {}).get("type") in SNAPSHOT_TYPES


def snapshot_of(record: dict[str, Any], name: str) -> dict[str, Any]:
    """One snapshot's record."""
    if name not in record["snapshots"]:
        raise failed(f"snapshot '{name}' does not exist")
    return dict(record["snapshots"][name])


def take(lab: Lab, vmid: int, log: Log, name: str, description: str | None) -> None:
    """Keep configuration and disk under a name."""
    with lab.guest_lock(vmid):
        record = models.any_guest(lab.store, vmid) or {}
        if not has_snapshots(lab.store, record["config"]):
            raise TaskError("snapshot feature is not available")
        if name in record["snapshots"]:
            raise TaskError(f"snapshot name '{name}' already used")
        models.change(lab.store, vmid, lock="snapshot")
        try:
            log(f"snapshot '{name}' of CT {vmid}")
            lab.machine.snapshot(vmid, name)
        except BaseException:
            models.change(lab.store, vmid, lock=None)
            raise
        kept = {"config": record["config"], "snaptime": int(time.time()), "parent": record["parent"]}
        if description:
            kept["description"] = description
        models.change(lab.store, vmid, lock=None, parent=name, snapshots={**record["snapshots"], name: kept})


def roll_back(lab: Lab, vmid: int, log: Log, name: str, *, start_after: bool) -> None:
    """Put configuration and disk back; a running container is stopped for it."""
    with lab.guest_lock(vmid):
        record = models.any_guest(lab.store, vmid) or {}
        kept = snapshot_of(record, name)
        if models.is_running(lab, vmid):
            life.stop(lab, vmid, log)
        models.change(lab.store, vmid, lock="rollback")
        try:
            lab.machine.rollback(vmid, name)
        finally:
            models.change(lab.store, vmid, lock=None)
        models.change(lab.store, vmid, config=kept["config"], parent=name)
        lab.filter.apply()
    if start_after:
        life.start(lab, vmid, log)


def delete(lab: Lab, vmid: int, log: Log, name: str) -> None:
    """Forget a snapshot; its children get its parent."""
    with lab.guest_lock(vmid):
        record = models.any_guest(lab.store, vmid) or {}
        gone = snapshot_of(record, name)
        models.change(lab.store, vmid, lock="snapshot-delete")
        try:
            lab.machine.delete_snapshot(vmid, name)
        except BaseException:
            models.change(lab.store, vmid, lock=None)
            raise
        left = {}
        for other, body in record["snapshots"].items():
            if other != name:
                left[other] = {**body, "parent": gone["parent"] if body["parent"] == name else body["parent"]}
        parent = gone["parent"] if record["parent"] == name else record["parent"]
        models.change(lab.store, vmid, lock=None, snapshots=left, parent=parent)
        log(f"snapshot '{name}' deleted")
