"""/storage, /nodes/{node}/storage, downloads and templates"""

import shutil
from typing import Any

from pvelab.api.access.models import drop_acls
from pvelab.api.errors import bad_parameter, failed
from pvelab.api.pools.models import drop_storage
from pvelab.api.router import Call, Router
from pvelab.api.storage import fetch, models
from pvelab.api.storage.errors import no_volume
from pvelab.schema.property import PropertyError, parse
from pvelab.task import Log

router = Router()
_SEE = ("Datastore.Audit", "Datastore.AllocateSpace")
_COMMON = ("content", "nodes", "disable", "shared", "prune-backups", "max-protected-backups")
_BY_TYPE = {
    "dir": ("path", "create-base-path", "create-subdirs", "mkdir", "is_mountpoint", "preallocation", "format"),
    "zfspool": ("pool", "mountpoint", "sparse", "blocksize"),
}
_FIXED = {"dir": "path", "zfspool": "pool"}


@router.get("/storage")
def storages(call: Call) -> list[dict[str, Any]]:
    """The definitions that the caller may see."""
    return [
        models.show(name, record)
        for name, record in call.lab.store.items("storage").items()
        if call.get("type") in (None, record["type"]) and call.may(f"/storage/{name}", *_SEE, some=True)
    ]


@router.get("/storage/{storage}")
def read_storage(call: Call) -> dict[str, Any]:
    """One definition."""
    return models.show(call.params["storage"], models.storage(call.lab.store, call.params["storage"]))


def _fields(call: Call, kind: str, record: dict[str, Any]) -> dict[str, Any]:
    allowed = (*_COMMON, *_BY_TYPE[kind])
    for name in call.rest("storage", "type", "delete", "digest"):
        if name not in allowed:
            raise call.refuse(f"{name} for a storage of type '{kind}'")
        record[name] = call.params[name]
    for name in ("content", "nodes"):
        if name in call.params:
            record[name] = call.list(name)
    for node in record.get("nodes") or []:
        if node not in call.lab.nodes:
            raise bad_parameter(nodes=f"no such cluster node '{node}'")
    record.setdefault("content", ["images", "rootdir"])
    for content in record["content"]:
        if content not in models.CONTENT[kind]:
            raise bad_parameter(content=f"storage does not support content type '{content}'")
    if record.get("prune-backups"):
        try:
            parse(models.PRUNE_SHAPE, str(record["prune-backups"]), "prune-backups")
        except PropertyError as error:
            raise bad_parameter(prune_backups=str(error)) from error
    return record


@router.post("/storage")
def create_storage(call: Call) -> dict[str, Any]:
    """A new storage of type dir or zfspool."""
    name, kind = call.params["storage"], call.params["type"]
    if kind not in models.CONTENT:
        raise call.refuse(f"storage type '{kind}'")
    if call.lab.store.get("storage", name) is not None:
        raise failed(f"create storage failed: storage ID '{name}' already defined")
    if not call.get(_FIXED[kind]):
        raise bad_parameter(**{_FIXED[kind]: "property is missing and it is not optional"})
    record = _fields(call, kind, {"type": kind})
    models.folder(call.lab, name).mkdir(parents=True, exist_ok=True)
    call.lab.store.put("storage", name, record)
    return {"storage": name, "type": kind}


@router.put("/storage/{storage}")
def update_storage(call: Call) -> dict[str, Any]:
    """Change a definition; its type, path and pool stay."""
    name = call.params["storage"]
    record = models.storage(call.lab.store, name)
    if call.get("digest") and call.params["digest"] != models.digest(record):
        raise failed("detected modified configuration - file changed by other user? Try again.")
    fixed = _FIXED[record["type"]]
    if fixed in call.params and call.params[fixed] != record.get(fixed):
        raise bad_parameter(**{fixed: "can't change value of fixed parameter"})
    for gone in call.list("delete"):
        record.pop(gone, None)
    call.lab.store.put("storage", name, _fields(call, record["type"], record))
    return {"storage": name, "type": record["type"]}


@router.delete("/storage/{storage}")
def delete_storage(call: Call) -> None:
    """Forget the definition; as in Proxmox VE the data stays, unless nothing is left of it."""
    name = call.params["storage"]
    models.storage(call.lab.store, name)
    if any(volume["content"] in ("images", "rootdir") for volume in models.volumes(call.lab, name)):
        raise failed(f"delete storage failed: storage '{name}' holds disks of guests")
    drop_storage(call.lab.store, name)
    drop_acls(call.lab.store, path=f"/storage/{name}")
    call.lab.store.delete("storage", name)
    place = models.folder(call.lab, name)
    if place.is_dir() and not any(entry.is_file() for entry in place.rglob("*")):
        shutil.rmtree(place)


@router.get("/nodes/{node}/storage")
def node_storages(call: Call) -> list[dict[str, Any]]:
    """The node's storages that the caller may see."""
    shown = []
    for name, record in call.lab.store.items("storage").items():
        here = not record.get("nodes") or call.params["node"] in record["nodes"]
        wanted = call.get("storage") in (None, name) and not (call.get("enabled") and record.get("disable"))
        holds = call.get("content") is None or any(kind in record["content"] for kind in call.list("content"))
        if here and wanted and holds and call.may(f"/storage/{name}", *_SEE, some=True):
            shown.append(models.usage(call.lab, name, record))
    return shown


router.index(
    "/nodes/{node}/storage/{storage}",
    "content", "status", "upload", "download-url", "prunebackups", "rrd", "rrddata",
)  # fmt: skip


@router.get("/nodes/{node}/storage/{storage}/status")
def storage_status(call: Call) -> dict[str, Any]:
    """Sizes and state."""
    record = models.on_node(call.lab.store, call.params["storage"], call.params["node"])
    shown = models.usage(call.lab, call.params["storage"], record)
    shown.pop("storage")
    shown.pop("used_fraction")
    return shown


@router.get("/nodes/{node}/storage/{storage}/content")
def content(call: Call) -> list[dict[str, Any]]:
    """The volumes; those of guests only where the caller may see the guest."""
    name = call.params["storage"]
    models.on_node(call.lab.store, name, call.params["node"])
    shown = []
    for volume in models.volumes(call.lab, name):
        if call.get("content") not in (None, volume["content"]) or call.get("vmid", volume.get("vmid")) != volume.get(
            "vmid"
        ):
            continue
        if "vmid" in volume and not (
            call.may(f"/storage/{name}", "Datastore.Allocate")
            or call.may(f"/vms/{volume['vmid']}", "VM.Backup", "VM.Config.Disk", some=True)
        ):
            continue
        shown.append(volume)
    return shown


def _volid(call: Call) -> str:
    volume = str(call.params["volume"])
    return volume if ":" in volume else f"{call.get('storage')}:{volume}"


@router.get("/nodes/{node}/storage/{storage}/content/{volume}")
def read_volume(call: Call) -> dict[str, Any]:
    """Attributes of one volume."""
    volid = _volid(call)
    name, _ = models.parse_volid(volid)
    call.check(f"/storage/{name}", *_SEE, some=True)
    found = next((entry for entry in models.volumes(call.lab, name) if entry["volid"] == volid), None)
    if found is None:
        raise no_volume(volid)
    return {"path": str(found["volid"]), "size": found["size"], "used": found["size"], "format": found["format"]}


@router.delete("/nodes/{node}/storage/{storage}/content/{volume}")
def delete_volume(call: Call) -> None:
    """A template, ISO, backup or snippet; a guest's disk goes with the guest only."""
    volid = _volid(call)
    name, rest = models.parse_volid(volid)
    models.on_node(call.lab.store, name, call.params["node"])
    for entry in models.volumes(call.lab, name):
        if entry["volid"] == volid and entry["content"] == "rootdir":
            call.check(f"/storage/{name}", "Datastore.Allocate")
            raise failed(f"cannot remove image, a guest with VMID '{entry['vmid']}' exists!")
    if rest.startswith(("vztmpl/", "iso/")):
        call.check(f"/storage/{name}", "Datastore.AllocateTemplate", "Datastore.Allocate", some=True)
    else:
        call.check(f"/storage/{name}", "Datastore.Allocate", "Datastore.AllocateSpace", some=True)
    file = models.volume_file(call.lab, volid)
    if not file.exists():
        raise failed(f"unlink '{file.name}' failed - No such file or directory")
    file.unlink()
    if rest.startswith("backup/"):
        models.side_file(file).unlink(missing_ok=True)


@router.get("/nodes/{node}/query-url-metadata")
def query_url(call: Call) -> dict[str, Any]:
    """What an URL offers, asked from the machine."""
    return fetch.metadata(call.params["url"], verify=bool(call.get("verify-certificates", 1)))


def _target(call: Call) -> str:
    name, kind = call.params["storage"], call.params["content"]
    record = models.on_node(call.lab.store, name, call.params["node"])
    models.need_content(record, name, kind)
    return f"{name}:{kind}/{models.content_filename(kind, call.params['filename'])}"


@router.post("/nodes/{node}/storage/{storage}/download-url")
def download_url(call: Call) -> str:
    """Fetch a template or ISO as a task."""
    if call.get("compression"):
        raise call.refuse("compression")
    target = models.volume_file(call.lab, _target(call))
    url, verify = call.params["url"], bool(call.get("verify-certificates", 1))
    algorithm, checksum = call.get("checksum-algorithm"), call.get("checksum")

    def work(log: Log) -> None:
        fetch.download(url, target, log, verify=verify, algorithm=algorithm, checksum=checksum)

    return call.task(node=call.params["node"], kind="download", subject=target.name, work=work)


@router.post("/nodes/{node}/storage/{storage}/upload")
def upload(call: Call) -> str:
    """Take a template or ISO from the request."""
    target = models.volume_file(call.lab, _target(call))
    upload_file = call.files.get("filename")
    if upload_file is None:
        raise bad_parameter(filename="no file uploaded")
    algorithm, checksum = call.get("checksum-algorithm"), call.get("checksum")

    def work(log: Log) -> None:
        log(f"target file: {target.name}")
        with upload_file.file as source:
            fetch.store(source, target, log, algorithm=algorithm, checksum=checksum)
        log("finished file import successfully")

    return call.task(node=call.params["node"], kind="imgcopy", subject="", work=work)


@router.get("/nodes/{node}/aplinfo")
def appliances(call: Call) -> list[dict[str, Any]]:
    """The templates that the lab itself has built."""
    return [
        {
            "template": file.name,
            "package": file.name.split("_")[0],
            "version": file.name.split("_")[1] if file.name.count("_") > 1 else "1",
            "os": file.name.split("-standard")[0],
            "section": "system",
            "type": "lxc",
            "headline": "built by pvelab from the machine's own mirror",
        }
        for file in call.lab.machine.templates()
    ]


@router.post("/nodes/{node}/aplinfo")
def download_appliance(call: Call) -> str:
    """Put one of those templates onto a storage."""
    name, wanted = call.params["storage"], call.params["template"]
    source = next((file for file in call.lab.machine.templates() if file.name == wanted), None)
    if source is None:
        raise bad_parameter(template="no such template")
    models.need_content(models.on_node(call.lab.store, name, call.params["node"]), name, "vztmpl")
    target = models.volume_file(call.lab, f"{name}:vztmpl/{wanted}")

    def work(log: Log) -> None:
        if target.exists():
            log(f"{wanted} is there already")
            return
        with source.open("rb") as archive:
            fetch.store(archive, target, log)
        log(f"copied {wanted}")

    return call.task(node=call.params["node"], kind="download", subject=wanted, work=work)
