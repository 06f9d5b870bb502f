"""POST /nodes/{node}/lxc and .../clone: new containers from templates, backups and other containers"""

import re
from pathlib import Path
from typing import Any

from pvelab.api.backup.archive import kept_config
from pvelab.api.errors import bad_parameter, failed, forbidden
from pvelab.api.lxc import life, models, option
from pvelab.api.lxc.errors import taken
from pvelab.api.lxc.snapshot import snapshot_of
from pvelab.api.pools.models import put_guest
from pvelab.api.router import Call, Router
from pvelab.api.storage import models as storages
from pvelab.schema.property import parse, render, size_text
from pvelab.task import Log

router = Router()
_NOT_OPTIONS = ("node", "vmid", "ostemplate", "storage", "pool", "password", "ssh-public-keys", "start", "unprivileged",
                "force", "restore", "ignore-unpack-errors", "bwlimit", "unique", "ha-managed", "lock")  # fmt: skip
_DEFAULT_GIB = 4
_DEFAULTS = {"arch": "amd64", "memory": 512, "swap": 512, "ostype": "debian"}


def check_unused(call: Call, vmid: int) -> None:
    """Refuse an id that is in use."""
    existing = models.any_guest(call.lab.store, vmid)
    if existing is not None:
        raise taken(vmid, existing["node"])


def check_pool(call: Call, pool: str | None) -> None:
    """A pool that a container shall go into must exist and be the caller's to change."""
    if pool is None:
        return
    if call.lab.store.get("pool", pool) is None:
        raise forbidden(f"pool '{pool}' does not exist")
    call.authority.check_modify(call.user, f"/pool/{pool}")


def check_disk_storage(call: Call, name: str) -> dict[str, Any]:
    """The definition of a storage that a root disk may be made on."""
    record = storages.on_node(call.lab.store, name, call.params["node"])
    if "rootdir" not in record["content"]:
        raise bad_parameter(storage=f"storage '{name}' does not support container directories")
    call.check(f"/storage/{name}", "Datastore.AllocateSpace")
    return record


def _root_disk(call: Call, vmid: int, kept: dict[str, Any]) -> str:
    """The stored `rootfs` of a new container: `storage:size-in-GiB` becomes a volume."""
    given = call.get("rootfs")
    default = call.get("storage", "local")
    if given is None:
        if any(re.fullmatch(r"mp\d+", name) for name in call.params):
            raise failed("mount points configured, but 'rootfs' not set - aborting")
        given = f"{default}:{models.disk_bytes(kept) / models.GIB if kept else _DEFAULT_GIB}"
    if re.fullmatch(r"\d+(\.\d+)?", given):
        given = f"{default}:{given}"
    disk = parse(models.ROOTFS_SHAPE, given, "rootfs")
    if disk["volume"].startswith("/"):
        raise (
            call.refuse("bind mounts")
            if call.user == "root@pam"
            else failed("Only root can pass arbitrary filesystem paths.")
        )
    name, _, amount = disk["volume"].partition(":")
    if not re.fullmatch(r"\d+(\.\d+)?", amount):
        raise call.refuse(f"rootfs on the existing volume {disk['volume']}")
    record = check_disk_storage(call, name)
    disk["volume"] = models.volume_name(record["type"], name, vmid)
    disk["size"] = size_text(int(float(amount) * models.GIB))
    if float(amount) <= 0:
        raise bad_parameter(rootfs="a root disk needs a size above 0")
    return render(models.ROOTFS_SHAPE, disk)


def _check_create(call: Call, vmid: int, pool: str | None, options: dict[str, Any]) -> None:
    """Id, pool and privileges, in Proxmox VE's order."""
    existing = models.any_guest(call.lab.store, vmid)
    if existing is None or not (call.get("restore") and call.get("force")):
        check_unused(call, vmid)
    elif existing["config"].get("protection"):
        raise failed(f"unable to restore CT {vmid} - protection mode enabled")
    elif models.is_running(call.lab, vmid):
        raise failed("can't overwrite running container")
    check_pool(call, pool)
    if not (call.may(f"/vms/{vmid}", "VM.Allocate") or (pool and call.may(f"/pool/{pool}", "VM.Allocate"))):
        raise forbidden(f"/vms/{vmid}, VM.Allocate")
    # Proxmox VE looks at the template among the options too: a create always needs VM.Config.Options.
    new = {**options, "ostemplate": call.params["ostemplate"]}
    unprivileged = bool(call.get("unprivileged"))
    option.check_permissions(call, option.Change(vmid=vmid, new=new, pool=pool, unprivileged=unprivileged))
    if call.get("ha-managed"):
        call.check("/", "Sys.Console")


def _source(call: Call) -> tuple[Path, dict[str, Any]]:
    """The archive to unpack, and the configuration that came with it (a backup's)."""
    volid = call.params["ostemplate"]
    name, rest = storages.parse_volid(volid)
    storages.on_node(call.lab.store, name, call.params["node"])
    if call.get("restore"):
        call.check(f"/storage/{name}", "Datastore.AllocateSpace")
        file = storages.existing_file(call.lab, volid)
        return file, kept_config(file)
    call.check(f"/storage/{name}", "Datastore.AllocateSpace", "Datastore.Audit", some=True)
    if not rest.startswith("vztmpl/"):
        raise failed(f"unable to use volume '{volid}' as a template")
    return storages.existing_file(call.lab, volid), {}


def _config(call: Call, options: dict[str, Any], kept: dict[str, Any], rootfs: str) -> dict[str, Any]:
    """The configuration of the new container: what is given, over a backup's, over the defaults."""
    given = {name: option.stored(name, value, {}) for name, value in options.items() if name != "rootfs"}
    config = {**_DEFAULTS, **kept, **given, "rootfs": rootfs}
    config.setdefault("hostname", f"CT{call.params['vmid']}")
    if call.get("unprivileged", kept.get("unprivileged")):
        config["unprivileged"] = 1
    if call.get("unique"):
        for key in [key for key in config if re.fullmatch(r"net\d+", key)]:
            nic = parse(models.NET_SHAPE, config[key], key)
            config[key] = render(models.NET_SHAPE, {**nic, "hwaddr": models.new_mac()})
    return config


@router.post("/nodes/{node}/lxc")
def create(call: Call) -> str:
    """A new container from a template, or with `restore` from a backup."""
    lab, vmid, pool = call.lab, call.params["vmid"], call.get("pool")
    options = {name: value for name, value in call.rest(*_NOT_OPTIONS).items() if value != ""}
    _check_create(call, vmid, pool, options)
    archive, kept = _source(call)
    rootfs = _root_disk(call, vmid, kept)
    option.refuse_unsupported(call, options)
    config = _config(call, options, kept, rootfs)
    option.check_networks(call, config, {})
    models.save(lab.store, vmid, life.new_record(call.params["node"], config, lock="create"))
    if pool is not None:
        put_guest(lab.store, vmid, pool)
    keys = tuple(line.strip() for line in call.get("ssh-public-keys", "").splitlines() if line.strip())
    password, start_after, managed = call.get("password"), bool(call.get("start")), bool(call.get("ha-managed"))

    def work(log: Log) -> None:
        life.create(
            lab,
            vmid,
            log,
            template=archive.resolve(),
            password=password,
            ssh_keys=keys,
            restored=bool(call.get("restore")),
            start_after=start_after,
        )
        if managed:
            lab.store.put("ha-resource", f"ct:{vmid}", {"type": "ct", "state": "started" if start_after else "stopped"})

    kind = "vzrestore" if call.get("restore") else "vzcreate"
    return call.task(node=call.params["node"], kind=kind, subject=vmid, work=work)


@router.post("/nodes/{node}/lxc/{vmid}/clone")
def clone(call: Call) -> str:
    """A full copy as a new container."""
    lab, vmid, newid, pool = call.lab, call.params["vmid"], call.params["newid"], call.get("pool")
    source = models.guest(lab.store, vmid, call.params["node"])
    models.check_lock(source)
    check_unused(call, newid)
    check_pool(call, pool)
    target = call.get("target", call.params["node"])
    if target not in lab.nodes or not lab.is_online(target):
        raise failed(f"no such cluster node '{target}'")
    snapshot = call.get("snapname")
    config = dict(snapshot_of(source, snapshot)["config"] if snapshot else source["config"])
    if snapshot is None and models.is_running(lab, vmid):
        raise failed("Cannot do full clones on a running container without snapshots")
    current = models.rootfs(config)
    name = call.get("storage") or current["volume"].partition(":")[0]
    record = check_disk_storage(call, name)
    config["rootfs"] = render(
        models.ROOTFS_SHAPE, {**current, "volume": models.volume_name(record["type"], name, newid)}
    )
    for key in [key for key in config if re.fullmatch(r"net\d+", key)]:
        nic = parse(models.NET_SHAPE, config[key], key)
        option.check_permissions(call, option.Change(vmid=newid, new={key: config[key]}, pool=pool))
        config[key] = render(models.NET_SHAPE, {**nic, "hwaddr": models.new_mac()})
    config.pop("template", None)
    for key in ("hostname", "description"):
        if call.get(key):
            config[key] = call.params[key]
    models.save(lab.store, newid, life.new_record(target, config, lock="create"))
    if pool is not None:
        put_guest(lab.store, newid, pool)
    return call.task(
        node=call.params["node"],
        kind="vzclone",
        subject=vmid,
        work=lambda log: life.clone(lab, vmid, newid, log, snapshot=snapshot),
    )
