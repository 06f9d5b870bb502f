"""/nodes/{node}/lxc: containers and their configuration"""

from typing import Any

from pvelab.api.errors import ApiError, bad_parameter, failed
from pvelab.api.lxc import life, models, option
from pvelab.api.lxc.snapshot import has_snapshots, snapshot_of
from pvelab.api.router import Call, Router
from pvelab.schema.property import size_bytes

router = Router()
router.index(
    "/nodes/{node}/lxc/{vmid}",
    "config", "pending", "status", "migrate", "clone", "firewall", "snapshot", "resize", "interfaces", "feature",
)  # fmt: skip


@router.get("/nodes/{node}/lxc")
def containers(call: Call) -> list[dict[str, Any]]:
    """The node's containers that the caller may see."""
    found = [int(key) for key, body in call.lab.store.items("guest").items() if body["node"] == call.params["node"]]
    return [models.state(call.lab, vmid) for vmid in sorted(found) if call.may(f"/vms/{vmid}", "VM.Audit")]


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
        lab.filter.apply()


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
    return call.task(
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
    return call.task(
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
    return call.task(
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
