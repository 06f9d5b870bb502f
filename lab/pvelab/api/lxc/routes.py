"""/nodes/{node}/lxc: containers and their configuration"""

import re
from typing import Any

from pvelab.api.errors import ApiError, bad_parameter, failed, forbidden
from pvelab.api.lxc import life, models, option
from pvelab.api.lxc.errors import taken
from pvelab.api.lxc.snapshot import has_snapshots, snapshot_of
from pvelab.api.pools.models import put_guest
from pvelab.api.router import Call, Router
from pvelab.api.storage import models as storages
from pvelab.schema.property import parse, render, size_bytes, size_text

router = Router()
_NOT_OPTIONS = ("node", "vmid", "ostemplate", "storage", "pool", "password", "ssh-public-keys", "start", "unprivileged",
                "force", "restore", "ignore-unpack-errors", "bwlimit", "unique", "ha-managed", "lock")  # fmt: skip
_DEFAULT_GIB = 4
router.index(
    "/nodes/{node}/lxc/{vmid}",
    "config", "pending", "status", "migrate", "clone", "firewall", "snapshot", "resize", "interfaces", "feature",
)  # fmt: skip


@router.get("/nodes/{node}/lxc")
def containers(call: Call) -> list[dict[str, Any]]:
    """The node's containers that the caller may see."""
    found = [int(key) for key, body in call.lab.store.items("guest").items() if body["node"] == call.params["node"]]
    return [models.state(call.lab, vmid) for vmid in sorted(found) if call.may(f"/vms/{vmid}", "VM.Audit")]


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


def _root_disk(call: Call, vmid: int) -> str:
    """The stored `rootfs` of a new container: `storage:size-in-GiB` becomes a volume."""
    given = call.get("rootfs")
    default = call.get("storage", "local")
    if given is None:
        if any(re.fullmatch(r"mp\d+", name) for name in call.params):
            raise failed("mount points configured, but 'rootfs' not set - aborting")
        given = f"{default}:{_DEFAULT_GIB}"
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
    disk["volume"] = storages_volume(record, name, vmid)
    disk["size"] = size_text(int(float(amount) * models.GIB))
    if float(amount) <= 0:
        raise bad_parameter(rootfs="a root disk needs a size above 0")
    return render(models.ROOTFS_SHAPE, disk)


def storages_volume(record: dict[str, Any], name: str, vmid: int) -> str:
    """The volume id of a container's root disk."""
    return models.volume_name(record["type"], name, vmid)


def _check_create(call: Call, vmid: int, pool: str | None, options: dict[str, Any]) -> None:
    check_unused(call, vmid)
    check_pool(call, pool)
    if not (call.may(f"/vms/{vmid}", "VM.Allocate") or (pool and call.may(f"/pool/{pool}", "VM.Allocate"))):
        raise forbidden(f"/vms/{vmid}, VM.Allocate")
    unprivileged = bool(call.get("unprivileged"))
    option.check_permissions(call, option.Change(vmid=vmid, new=options, pool=pool, unprivileged=unprivileged))
    for name in ("restore", "force"):
        if call.get(name):
            raise call.refuse(name)


@router.post("/nodes/{node}/lxc")
def create(call: Call) -> str:
    """A new container from a template."""
    lab, vmid, pool = call.lab, call.params["vmid"], call.get("pool")
    options = {name: value for name, value in call.rest(*_NOT_OPTIONS).items() if value != ""}
    _check_create(call, vmid, pool, options)
    template = call.params["ostemplate"]
    source, _ = storages.parse_volid(template)
    storages.on_node(lab.store, source, call.params["node"])
    call.check(f"/storage/{source}", "Datastore.AllocateSpace", "Datastore.Audit", some=True)
    rootfs = _root_disk(call, vmid)
    archive = storages.existing_file(lab, template)
    option.refuse_unsupported(call, options)
    option.check_networks(call, options, {})
    if call.get("ha-managed"):
        call.check("/", "Sys.Console")
    options.pop("rootfs", None)
    config = {name: option.stored(name, value, {}) for name, value in options.items()}
    config |= {"rootfs": rootfs, "hostname": config.get("hostname", f"CT{vmid}")}
    config = {"arch": "amd64", "memory": 512, "swap": 512, "ostype": "debian", **config}
    if call.get("unprivileged"):
        config["unprivileged"] = 1
    models.save(lab.store, vmid, life.new_record(call.params["node"], config, lock="create"))
    if pool is not None:
        put_guest(lab.store, vmid, pool)
    keys = tuple(line.strip() for line in call.get("ssh-public-keys", "").splitlines() if line.strip())
    start_after, managed = bool(call.get("start")), bool(call.get("ha-managed"))

    def work(log: Any) -> None:
        life.create(
            lab,
            vmid,
            log,
            template=archive.resolve(),
            password=call.get("password"),
            ssh_keys=keys,
            start_after=start_after,
        )
        if managed:
            lab.store.put("ha-resource", f"ct:{vmid}", {"type": "ct", "state": "started" if start_after else "stopped"})

    return lab.task(call, node=call.params["node"], kind="vzcreate", subject=vmid, work=work)


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
    config["rootfs"] = render(models.ROOTFS_SHAPE, {**current, "volume": storages_volume(record, name, newid)})
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
    return lab.task(
        call,
        node=call.params["node"],
        kind="vzclone",
        subject=vmid,
        work=lambda log: life.clone(lab, vmid, newid, log, snapshot=snapshot),
    )


@router.get("/nodes/{node}/lxc/{vmid}/config")
def read_config(call: Call) -> dict[str, Any]:
    """The wanted configuration; with `current` the one it was started with, with `snapshot` a kept one."""
    record = models.guest(call.lab.store, call.params["vmid"], call.params["node"])
    if call.get("snapshot"):
        return models.shown_config(snapshot_of(record, call.params["snapshot"])["config"])
    config = record["active"] if call.get("current") and record["active"] else record["config"]
    shown = models.shown_config(config)
    if record["parent"]:
        shown["parent"] = record["parent"]
    if record["lock"]:
        shown["lock"] = record["lock"]
    return shown


@router.get("/nodes/{node}/lxc/{vmid}/pending")
def pending(call: Call) -> list[dict[str, Any]]:
    """Option by option: what runs, and what the next start brings."""
    record = models.guest(call.lab.store, call.params["vmid"], call.params["node"])
    now, then = record["active"] or record["config"], record["config"]
    shown = []
    for key in sorted({*now, *then}):
        entry: dict[str, Any] = {"key": key}
        if key in now:
            entry["value"] = now[key]
        if key not in then:
            entry["delete"] = 1
        elif now.get(key) != then[key]:
            entry["pending"] = then[key]
        shown.append(entry)
    return shown


@router.put("/nodes/{node}/lxc/{vmid}/config")
def update_config(call: Call) -> None:
    """Set and delete options; on a running container those that can take effect at once do."""
    lab, vmid = call.lab, call.params["vmid"]
    record = models.guest(lab.store, vmid, call.params["node"])
    new = {
        name: value for name, value in call.rest("node", "vmid", "delete", "digest", "revert").items() if value != ""
    }
    emptied = [name for name, value in call.params.items() if value == "" and name != "delete"]
    deleted = [*call.list("delete"), *emptied]
    if call.list("revert"):
        raise call.refuse("revert")
    if not new and not deleted:
        raise failed("no options specified")
    _check_update(call, vmid, record, new, deleted)
    config = {name: value for name, value in record["config"].items() if name not in deleted}
    config |= {name: option.stored(name, value, record["config"]) for name, value in new.items()}
    config.setdefault("hostname", f"CT{vmid}")
    is_up = record["active"] is not None and models.is_running(lab, vmid)
    active = _plug(record["active"], config) if is_up else None
    models.save(lab.store, vmid, {**record, "config": config, "active": active})
    if is_up and option.LIVE & {*new, *deleted}:
        call.later.append(lambda: lab.machine.apply_limits(vmid, models.spec(vmid, config)))
    if any(name.startswith("net") for name in [*new, *deleted]):
        lab.apply_firewall()


def _plug(active: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    at_once = {name for name in {*active, *config} if option.takes_effect_at_once(name)}
    kept = {name: value for name, value in active.items() if name not in at_once}
    return kept | {name: config[name] for name in at_once if name in config}


def _check_update(call: Call, vmid: int, record: dict[str, Any], new: dict[str, Any], deleted: list[str]) -> None:
    current = record["config"]
    digest = call.get("digest")
    if digest and digest != models.shown_config(current)["digest"]:
        raise failed("detected modified configuration - file changed by other user? Try again.")
    models.check_lock(record)
    for name in deleted:
        if name in new:
            raise bad_parameter(delete=f"you can't use '-{name}' and -delete {name}' at the same time")
        if name in ("memory", "rootfs", "unprivileged", "ostype", "arch"):
            raise bad_parameter(delete=f"unable to delete required option '{name}'")
    unprivileged = bool(current.get("unprivileged"))
    wanted = option.Change(vmid=vmid, new=new, old=current, deleted=tuple(deleted), unprivileged=unprivileged)
    option.check_permissions(call, wanted)
    option.refuse_unsupported(call, new)
    kept = {name: value for name, value in current.items() if name not in deleted}
    option.check_networks(call, new, kept)
    if new.get("template") and models.is_running(call.lab, vmid):
        raise failed("unable to convert a running container to a template")


@router.put("/nodes/{node}/lxc/{vmid}/resize")
def resize(call: Call) -> str:
    """Grow the root disk to a size, or by one (`+2G`)."""
    lab, vmid = call.lab, call.params["vmid"]
    record = models.guest(lab.store, vmid, call.params["node"])
    models.check_lock(record)
    if call.params["disk"] != "rootfs":
        raise failed(f"disk '{call.params['disk']}' does not exist")
    text, current = str(call.params["size"]), models.disk_bytes(record["config"])
    wanted = size_bytes(text.removeprefix("+")) + (current if text.startswith("+") else 0)
    if wanted < current:
        raise failed("unable to shrink disk size")
    return lab.task(
        call,
        node=call.params["node"],
        kind="resize",
        subject=vmid,
        work=lambda log: life.resize(lab, vmid, log, wanted),
    )


@router.delete("/nodes/{node}/lxc/{vmid}")
def destroy(call: Call) -> str:
    """Remove a stopped, unprotected container."""
    lab, vmid = call.lab, call.params["vmid"]
    record = models.guest(lab.store, vmid, call.params["node"])
    models.check_lock(record)
    if record["config"].get("protection"):
        raise failed(f"can't remove CT {vmid} - protection mode enabled")
    purge, force = bool(call.get("purge")), bool(call.get("force"))
    if not purge and lab.store.get("ha-resource", f"ct:{vmid}"):
        raise failed(f"unable to remove CT {vmid} - used in HA resources and purge parameter not set.")
    if not force and models.is_running(lab, vmid):
        raise failed(f"unable to destroy CT {vmid} - container is running")
    return lab.task(
        call,
        node=call.params["node"],
        kind="vzdestroy",
        subject=vmid,
        work=lambda log: life.destroy(lab, vmid, log, force=force, purge=purge),
    )


@router.post("/nodes/{node}/lxc/{vmid}/template")
def make_template(call: Call) -> None:
    """Turn a stopped container into a template: it can be cloned, not started."""
    record = models.guest(call.lab.store, call.params["vmid"], call.params["node"])
    models.check_lock(record)
    if record["snapshots"]:
        raise failed(f"unable to create template, because CT {call.params['vmid']} contains snapshots")
    if models.is_running(call.lab, call.params["vmid"]):
        raise failed("unable to convert a running container to a template")
    models.change(call.lab.store, call.params["vmid"], config={**record["config"], "template": 1})


@router.get("/nodes/{node}/lxc/{vmid}/feature")
def feature(call: Call) -> dict[str, int]:
    """Whether the container's storage can snapshot; copying and cloning always work."""
    record = models.guest(call.lab.store, call.params["vmid"], call.params["node"])
    can = call.params["feature"] != "snapshot" or has_snapshots(call.lab.store, record["config"])
    return {"hasFeature": int(can)}


@router.get("/nodes/{node}/lxc/{vmid}/migrate")
def migrate_preconditions(call: Call) -> dict[str, Any]:
    """Where the container may go."""
    record = models.guest(call.lab.store, call.params["vmid"], call.params["node"])
    others = [node for node in call.lab.nodes if node != record["node"] and call.lab.is_online(node)]
    return {"running": int(models.is_running(call.lab, call.params["vmid"])), "allowed-nodes": others}


@router.post("/nodes/{node}/lxc/{vmid}/migrate")
def migrate(call: Call) -> str:
    """Move to another node, with a restart when it runs."""
    lab, vmid, target = call.lab, call.params["vmid"], call.params["target"]
    record = models.guest(lab.store, vmid, call.params["node"])
    models.check_lock(record)
    if target == record["node"]:
        raise bad_parameter(target="target is local node.")
    if target not in lab.nodes or not lab.is_online(target):
        raise failed(f"no such cluster node '{target}'")
    restart = bool(call.get("restart"))
    if models.is_running(lab, vmid) and not restart:
        raise failed("cannot migrate running container without restart")
    return lab.task(
        call,
        node=call.params["node"],
        kind="vzmigrate",
        subject=vmid,
        work=lambda log: life.migrate(lab, vmid, target, log, restart=restart),
    )


@router.get("/nodes/{node}/lxc/{vmid}/interfaces")
def interfaces(call: Call) -> list[dict[str, Any]]:
    """The interfaces inside a running container as they are now."""
    lab, vmid = call.lab, call.params["vmid"]
    models.guest(lab.store, vmid, call.params["node"])
    if not models.is_running(lab, vmid):
        raise ApiError(500, f"CT {vmid} is not running")
    shown = []
    for interface in lab.machine.interfaces(vmid):
        entry: dict[str, Any] = {"name": interface.name, "hwaddr": interface.mac, "hardware-address": interface.mac}
        entry["ip-addresses"] = [
            {
                "ip-address": address.ip,
                "prefix": address.prefixlen,
                "ip-address-type": "inet" if address.family == 4 else "inet6",
            }
            for address in interface.addresses
        ]
        for address in reversed(interface.addresses):
            entry["inet" if address.family == 4 else "inet6"] = f"{address.ip}/{address.prefixlen}"
        shown.append(entry)
    return shown
