"""/nodes/{node}/vzdump: backups now"""

from typing import Any

from pvelab.access.permission import ROOT
from pvelab.api.backup import archive, models
from pvelab.api.errors import bad_parameter, failed, forbidden
from pvelab.api.router import Call, Router
from pvelab.api.storage import models as storages
from pvelab.lab import Lab
from pvelab.task import Log, TaskError

router = Router()
_HONOURED = frozenset(
    {"node", "vmid", "all", "pool", "exclude", "storage", "mode", "compress", "prune-backups", "remove", "quiet",
     "notes-template", "lockwait", "stopwait", "mailto", "mailnotification", "notification-mode", "ionice", "bwlimit",
     "zstd", "stdexcludes", "job-id"}
)  # fmt: skip
_ROOT_ONLY = ("tmpdir", "dumpdir", "script", "job-id")


def run(lab: Lab, record: dict[str, Any], node: str, log: Log) -> None:
    """Back up what a job's record selects on a node; goes on after a failure and fails at the end."""
    wanted = models.covered(lab.store, {**record, "node": node})
    failures = []
    for vmid in wanted:
        try:
            archive.make(lab, vmid, record["storage"], log, notes=record.get("notes-template"))
        except Exception as error:
            log(f"ERROR: Backup of VM {vmid} failed - {error}")
            failures.append(str(vmid))
            continue
        if record.get("prune-backups") and record.get("remove", 1):
            archive.prune(lab, record["storage"], vmid, record["prune-backups"], log)
    if failures:
        raise TaskError("job errors")


@router.post("/nodes/{node}/vzdump")
def dump(call: Call) -> str:
    """Back up containers of the node to a storage, as a task."""
    lab, node = call.lab, call.params.get("node", call.lab.nodes[0])
    for field in _ROOT_ONLY:
        if call.get(field) and call.user != ROOT:
            raise forbidden(f"Only root may set the '{field}' parameter.")
    for field, value in call.params.items():
        if value not in ("", 0) and field not in _HONOURED:
            raise call.refuse(field)
    if call.get("compress", "zstd") not in ("zstd", "1"):
        raise call.refuse(f"compress={call.params['compress']}")
    record = {name: value for name, value in call.params.items() if value != ""} | {
        "storage": call.get("storage", "local")
    }
    if not any(record.get(field) for field in ("vmid", "all", "pool")):
        raise bad_parameter(vmid="property is missing and it is not optional")
    storages.need_content(storages.on_node(lab.store, record["storage"], node), record["storage"], "backup")
    call.check(f"/storage/{record['storage']}", "Datastore.AllocateSpace")
    wanted = models.covered(lab.store, {**record, "node": node})
    for vmid in wanted:
        call.check(f"/vms/{vmid}", "VM.Backup")
    if record.get("vmid") and not wanted:
        raise failed(f"unable to find VM '{record['vmid']}' on node '{node}'")
    subject = str(wanted[0]) if len(wanted) == 1 else ""
    return call.task(node=node, kind="vzdump", subject=subject, work=lambda log: run(lab, record, node, log))


@router.get("/nodes/{node}/vzdump/defaults")
def defaults(call: Call) -> dict[str, Any]:
    """What applies when nothing is said."""
    return {"mode": "snapshot", "compress": "zstd", "storage": "local", "remove": 1}


@router.get("/nodes/{node}/vzdump/extractconfig")
def extract(call: Call) -> str:
    """The configuration in an archive, one option a line."""
    name, _ = storages.parse_volid(call.params["volume"])
    call.check(f"/storage/{name}", "Datastore.AllocateSpace", "Datastore.Audit", some=True)
    config = archive.kept_config(storages.existing_file(call.lab, call.params["volume"]))
    return "".join(f"{key}: {value}\n" for key, value in config.items())
