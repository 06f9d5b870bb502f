"""Storage definitions, and the volumes on them."""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pvelab.api.errors import bad_parameter, failed
from pvelab.api.storage.errors import no_storage, no_volume, not_on_node
from pvelab.lab import Lab
from pvelab.store import Store

FOLDERS = {
    "vztmpl": "template/cache",
    "iso": "template/iso",
    "backup": "dump",
    "snippets": "snippets",
    "import": "import",
}
CONTENT = {
    "dir": frozenset({"images", "rootdir", "vztmpl", "iso", "backup", "snippets", "import", "none"}),
    "zfspool": frozenset({"images", "rootdir", "none"}),
}
"""Types that the lab honours, and what each can hold."""
SNAPSHOT_TYPES = frozenset({"zfspool"})
"""A container's volume on `dir` is a raw image without snapshots, as in Proxmox VE."""
_KEEP = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
PRUNE_SHAPE: dict[str, dict[str, Any]] = {
    **{f"keep-{word}": {"type": "integer", "optional": True, "minimum": 0} for word in _KEEP},
    "keep-all": {"type": "boolean", "optional": True},
}
"""What a `prune-backups` rule consists of."""
_SUFFIXES = {".tar.zst": "tzst", ".tar.gz": "tgz", ".tgz": "tgz", ".tar.xz": "txz", ".iso": "iso", ".img": "iso"}


def ensure_defaults(store: Store) -> None:
    """`local` and `tank`, once."""
    with store.transaction():
        if store.get("meta", "storages-made"):
            return
        store.put(
            "storage",
            "local",
            {
                "type": "dir",
                "path": "/var/lib/vz",
                "content": ["backup", "import", "iso", "rootdir", "snippets", "vztmpl"],
            },
        )
        store.put("storage", "tank", {"type": "zfspool", "pool": "tank", "content": ["images", "rootdir"]})
        store.put("meta", "storages-made", True)


def storage(store: Store, name: str) -> dict[str, Any]:
    """The definition."""
    record = store.get("storage", name)
    if record is None:
        raise no_storage(name)
    return dict(record)


def on_node(store: Store, name: str, node: str) -> dict[str, Any]:
    """The definition, if the node has that storage, and it is enabled."""
    record = storage(store, name)
    if record.get("disable"):
        raise failed(f"storage '{name}' is disabled")
    if record.get("nodes") and node not in record["nodes"]:
        raise not_on_node(name, node)
    return record


def need_content(record: dict[str, Any], name: str, kind: str) -> None:
    """Refuse when the storage is not for this kind of content."""
    if kind not in record["content"]:
        raise failed(f"storage '{name}' is not configured for content-type '{kind}'")


def folder(lab: Lab, name: str) -> Path:
    """Where the lab keeps the storage's files: below its own state, whatever path the definition shows."""
    return lab.settings.state / "storage" / name


def show(name: str, record: dict[str, Any]) -> dict[str, Any]:
    """A definition as the API returns it."""
    shown = {key: value for key, value in record.items() if value not in (None, "")}
    shown["content"] = ",".join(sorted(record["content"]))
    if record.get("nodes"):
        shown["nodes"] = ",".join(record["nodes"])
    return {"storage": name, **shown, "digest": digest(record)}


def digest(record: Any) -> str:
    """A checksum of a record, for clients that compare."""
    return hashlib.sha1(json.dumps(record, sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def parse_volid(volid: str) -> tuple[str, str]:
    """Storage and rest of a volume id."""
    name, colon, rest = volid.partition(":")
    if not (name and colon and rest):
        raise failed(f"unable to parse volume ID '{volid}'")
    return name, rest


def volume_file(lab: Lab, volid: str) -> Path:
    """The file of a template, ISO, backup or snippet; it need not exist."""
    name, rest = parse_volid(volid)
    storage(lab.store, name)
    kind, _, filename = rest.partition("/")
    if kind not in FOLDERS or not filename or "/" in filename or filename.startswith("."):
        raise failed(f"unable to parse directory volume name '{rest}'")
    return folder(lab, name) / FOLDERS[kind] / filename


def existing_file(lab: Lab, volid: str) -> Path:
    """The file of a volume that must exist."""
    file = volume_file(lab, volid)
    if not file.is_file():
        raise no_volume(volid)
    return file


def side_file(archive: Path) -> Path:
    """The container's configuration beside its backup archive."""
    return archive.with_name(f"{archive.name}.conf")


def file_format(filename: str) -> str:
    """`tzst`, `tgz`, `iso` ..., as the content list says it."""
    return next((said for suffix, said in _SUFFIXES.items() if filename.endswith(suffix)), "raw")


def content_filename(kind: str, filename: str) -> str:
    """The name as Proxmox VE writes it down (`normalize_content_filename`); refuses what is not for the content."""
    known = {"vztmpl": (".tar.gz", ".tar.xz", ".tar.zst", ".tgz"), "iso": (".iso", ".img")}
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", re.sub(r"^.*[/\\]", "", filename))
    if name.startswith(".") or not name.endswith(known.get(kind, ("",))):
        raise bad_parameter(filename="wrong file extension")
    return name


def volumes(lab: Lab, name: str) -> Iterator[dict[str, Any]]:
    """Everything on a storage: files, and the root disks of guests."""
    record = storage(lab.store, name)
    for kind, subfolder in FOLDERS.items():
        place = folder(lab, name) / subfolder
        if kind not in record["content"] or not place.is_dir():
            continue
        for file in sorted(place.iterdir()):
            if file.is_file() and not file.name.endswith((".part", ".conf", ".log")):
                yield _file_volume(name, kind, file)
    from pvelab.api.lxc.models import root_volumes

    yield from root_volumes(lab, name)


def _file_volume(name: str, kind: str, file: Path) -> dict[str, Any]:
    stat = file.stat()
    shown: dict[str, Any] = {
        "volid": f"{name}:{kind}/{file.name}",
        "content": kind,
        "format": file_format(file.name),
        "size": stat.st_size,
        "ctime": int(stat.st_mtime),
    }
    if kind == "backup":
        parts = file.name.split("-")
        shown |= {"format": "tar.zst", "subtype": "lxc"}
        side = file.with_name(f"{file.name}.conf")
        notes = json.loads(side.read_text()).get("notes") if side.exists() else None
        shown |= {"notes": notes} if notes else {}
        if len(parts) > 2 and parts[2].isdigit():
            shown["vmid"] = int(parts[2])
    return shown


def usage(lab: Lab, name: str, record: dict[str, Any]) -> dict[str, Any]:
    """Status of a storage on a node: sizes are those of the disk below the lab."""
    disk = shutil.disk_usage(lab.settings.state)
    active = 0 if record.get("disable") else 1
    return {
        "storage": name,
        "type": record["type"],
        "content": ",".join(sorted(record["content"])),
        "active": active,
        "enabled": active,
        "shared": int(bool(record.get("shared"))),
        "total": disk.total,
        "used": disk.used,
        "avail": disk.free,
        "used_fraction": round(disk.used / disk.total, 6),
    }


def storage_resource(lab: Lab, node: str, name: str) -> dict[str, Any]:
    """A storage as an entry of /cluster/resources."""
    record = storage(lab.store, name)
    sizes = usage(lab, name, record)
    return {
        "id": f"storage/{node}/{name}",
        "type": "storage",
        "storage": name,
        "node": node,
        "status": "available" if lab.is_online(node) else "unknown",
        "plugintype": record["type"],
        "content": sizes["content"],
        "shared": sizes["shared"],
        "disk": sizes["used"],
        "maxdisk": sizes["total"],
    }


def link_templates(lab: Lab) -> None:
    """Show the machine's standard template on `local`, and none of an earlier recipe."""
    place = folder(lab, "local") / FOLDERS["vztmpl"]
    place.mkdir(parents=True, exist_ok=True)
    built = {template.name: template for template in lab.machine.templates()}
    for link in place.iterdir():
        if link.is_symlink() and link.readlink() != built.get(link.name):
            link.unlink()
    for name, template in built.items():
        if not (place / name).exists():
            (place / name).symlink_to(template)
