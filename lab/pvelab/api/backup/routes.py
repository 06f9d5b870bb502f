"""/cluster/backup, /cluster/backup-info"""

import secrets
from typing import Any

from pvelab.access.permission import ROOT
from pvelab.api.backup import models
from pvelab.api.backup.schedule import is_calendar_event
from pvelab.api.errors import bad_parameter, failed, forbidden
from pvelab.api.router import Call, Router
from pvelab.api.storage import models as storages
from pvelab.schema.property import PropertyError, parse

router = Router()
router.index("/cluster/backup-info", "not-backed-up")
_ROOT_ONLY = ("tmpdir", "dumpdir", "script")
_UNSUPPORTED = ("fleecing", "performance", "pbs-change-detection-mode", "exclude-path", "dow", "maxfiles")


def _shown(name: str, record: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "type": "vzdump", **record}


def _check(call: Call, record: dict[str, Any]) -> None:
    """What a job must have, and must not."""
    for field in _ROOT_ONLY:
        if call.get(field) and call.user != ROOT:
            raise forbidden(f"Only root may set the '{field}' parameter.")
    for field in (*_UNSUPPORTED, *_ROOT_ONLY):
        if call.get(field):
            raise call.refuse(f"{field} of a backup job")
    selections = [field for field in ("vmid", "all", "pool") if record.get(field)]
    if len(selections) != 1:
        raise bad_parameter(vmid="exactly one of 'vmid', 'all' and 'pool' is needed")
    if record.get("pool") and call.lab.store.get("pool", record["pool"]) is None:
        raise bad_parameter(pool=f"pool '{record['pool']}' does not exist")
    if record.get("storage"):
        storage = storages.storage(call.lab.store, record["storage"])
        storages.need_content(storage, record["storage"], "backup")
    if record.get("node") and record["node"] not in call.lab.nodes:
        raise bad_parameter(node=f"no such cluster node '{record['node']}'")
    if record.get("schedule") and not is_calendar_event(record["schedule"]):
        raise bad_parameter(schedule=f"invalid format - unable to parse calendar event '{record['schedule']}'")
    if record.get("prune-backups"):
        try:
            parse(storages.PRUNE_SHAPE, record["prune-backups"], "prune-backups")
        except PropertyError as error:
            raise bad_parameter(prune_backups=str(error)) from error


@router.get("/cluster/backup")
def jobs(call: Call) -> list[dict[str, Any]]:
    """Every job."""
    return [_shown(name, record) for name, record in call.lab.store.items("backup").items()]


@router.post("/cluster/backup")
def create_job(call: Call) -> None:
    """A new job."""
    name = call.get("id") or f"backup-{secrets.token_hex(4)}-{secrets.token_hex(2)}"
    if call.lab.store.get("backup", name) is not None:
        raise failed(f"Job '{name}' already exists")
    record = {key: value for key, value in call.rest("id", "starttime").items() if value != ""}
    if call.get("starttime"):
        record["schedule"] = call.params["starttime"]
    if not record.get("schedule"):
        raise bad_parameter(schedule="property is missing and it is not optional")
    _check(call, record)
    call.lab.store.put("backup", name, record)


@router.get("/cluster/backup/{id}")
def read_job(call: Call) -> dict[str, Any]:
    """One job."""
    return _shown(call.params["id"], models.job(call.lab.store, call.params["id"]))


@router.put("/cluster/backup/{id}")
def update_job(call: Call) -> None:
    """Change a job."""
    name = call.params["id"]
    record = models.job(call.lab.store, name)
    for key in call.list("delete"):
        record.pop(key, None)
    given = {key: value for key, value in call.rest("id", "delete", "starttime").items() if value != ""}
    selections = {"vmid", "all", "pool"}
    if selections & given.keys():
        record = {key: value for key, value in record.items() if key not in selections}
    record |= given
    _check(call, record)
    call.lab.store.put("backup", name, record)


@router.delete("/cluster/backup/{id}")
def delete_job(call: Call) -> None:
    """A job; its archives stay."""
    models.job(call.lab.store, call.params["id"])
    call.lab.store.delete("backup", call.params["id"])


def _guest(call: Call, vmid: int) -> dict[str, Any]:
    record = call.lab.store.get("guest", str(vmid)) or {}
    return {"name": record["config"].get("hostname", f"CT{vmid}"), "type": "lxc"}


@router.get("/cluster/backup/{id}/included_volumes")
def included_volumes(call: Call) -> dict[str, Any]:
    """Guest by guest, the volumes that a job backs up."""
    children = []
    for vmid in models.covered(call.lab.store, models.job(call.lab.store, call.params["id"])):
        record = call.lab.store.get("guest", str(vmid)) or {}
        name = record["config"]["rootfs"].partition(",")[0]
        volume = {"id": "rootfs", "name": name, "included": 1, "reason": "rootfs"}
        children.append({"id": vmid, **_guest(call, vmid), "children": [volume]})
    return {"children": children}


@router.get("/cluster/backup-info/not-backed-up")
def not_backed_up(call: Call) -> list[dict[str, Any]]:
    """The guests that no enabled job covers."""
    return [{"vmid": vmid, **_guest(call, vmid)} for vmid in models.uncovered(call.lab.store)]
