"""Backup jobs, and which guests they cover."""

from typing import Any

from pvelab.api.backup.errors import no_job
from pvelab.schema.format import split_list
from pvelab.store import Store


def job(store: Store, name: str) -> dict[str, Any]:
    """The job's record."""
    record = store.get("backup", name)
    if record is None:
        raise no_job(name)
    return dict(record)


def covered(store: Store, record: dict[str, Any]) -> list[int]:
    """The guests that a job would back up."""
    guests = store.items("guest")
    if record.get("pool"):
        found = [int(vmid) for vmid in (store.get("pool", record["pool"]) or {"vms": []})["vms"]]
    elif record.get("all"):
        excluded = split_list(str(record.get("exclude") or ""))
        found = [int(key) for key in guests if key not in excluded]
    else:
        found = [int(item) for item in split_list(str(record.get("vmid") or ""))]
    wanted_node = record.get("node")
    return sorted(vmid for vmid in found if str(vmid) in guests and wanted_node in (None, guests[str(vmid)]["node"]))


def uncovered(store: Store) -> list[int]:
    """The guests that no enabled job would back up."""
    held = {
        vmid for record in store.items("backup").values() if record.get("enabled", 1) for vmid in covered(store, record)
    }
    return sorted(int(key) for key in store.items("guest") if int(key) not in held)


def drop_guest(store: Store, vmid: int) -> None:
    """Take a guest out of the jobs that name it."""
    for name, record in store.items("backup").items():
        for field in ("vmid", "exclude"):
            items = split_list(str(record.get(field) or ""))
            if str(vmid) in items:
                record[field] = ",".join(item for item in items if item != str(vmid))
                store.put("backup", name, record)
