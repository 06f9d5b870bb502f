"""/nodes/{node}/lxc/{vmid}/status and /snapshot: what runs, and what is kept"""

from collections.abc import Callable
from typing import Any

from pvelab.api.errors import failed
from pvelab.api.lxc import life, models, snapshot
from pvelab.api.router import Call, Router
from pvelab.task import Log

router = Router()
router.index("/nodes/{node}/lxc/{vmid}/status", "current", "start", "stop", "shutdown", "reboot")
router.index("/nodes/{node}/lxc/{vmid}/snapshot/{snapname}", "rollback", "config")


@router.get("/nodes/{node}/lxc/{vmid}/status/current")
def current(call: Call) -> dict[str, Any]:
    """State and figures."""
    vmid = call.params["vmid"]
    models.guest(call.lab.store, vmid, call.params["node"])
    resource = call.lab.store.get("ha-resource", f"ct:{vmid}")
    managed: dict[str, Any] = {"managed": 0}
    if resource is not None:
        managed = {"managed": 1, "state": resource.get("state", "started")}
    return {**models.state(call.lab, vmid), "ha": managed}


def _task(call: Call, kind: str, work: Callable[[Log], None], *, ha_state: str | None = None) -> str:
    """A task for the container; for one under HA the wanted state changes with it."""
    vmid = call.params["vmid"]
    resource = call.lab.store.get("ha-resource", f"ct:{vmid}")
    if resource is not None and ha_state is not None and resource.get("state") != "ignored":
        call.lab.store.put("ha-resource", f"ct:{vmid}", {**resource, "state": ha_state})
        kind = {"vzstart": "hastart", "vzstop": "hastop", "vzshutdown": "hashutdown"}.get(kind, kind)
    return call.task(node=call.params["node"], kind=kind, subject=vmid, work=work)


def _ready(call: Call, *, running: bool) -> dict[str, Any]:
    record = models.guest(call.lab.store, call.params["vmid"], call.params["node"])
    if not call.get("skiplock"):
        models.check_lock(record)
    if models.is_running(call.lab, call.params["vmid"]) != running:
        raise failed(f"CT {call.params['vmid']} {'not running' if running else 'already running'}")
    return record


@router.post("/nodes/{node}/lxc/{vmid}/status/start")
def start(call: Call) -> str:
    """Start a stopped container."""
    lab, vmid = call.lab, call.params["vmid"]
    record = _ready(call, running=False)
    if record["config"].get("template"):
        raise failed("you can't start a CT if it's a template")
    return _task(call, "vzstart", lambda log: life.start(lab, vmid, log), ha_state="started")


@router.post("/nodes/{node}/lxc/{vmid}/status/stop")
def stop(call: Call) -> str:
    """Pull the plug."""
    lab, vmid = call.lab, call.params["vmid"]
    _ready(call, running=True)
    return _task(call, "vzstop", lambda log: life.stop(lab, vmid, log), ha_state="stopped")


@router.post("/nodes/{node}/lxc/{vmid}/status/shutdown")
def shutdown(call: Call) -> str:
    """Ask it to power off."""
    lab, vmid = call.lab, call.params["vmid"]
    _ready(call, running=True)
    timeout, force = call.get("timeout", life.SHUTDOWN_S), bool(call.get("forceStop"))
    return _task(
        call,
        "vzshutdown",
        lambda log: life.shutdown(lab, vmid, log, timeout_s=timeout, force=force),
        ha_state="stopped",
    )


@router.post("/nodes/{node}/lxc/{vmid}/status/reboot")
def reboot(call: Call) -> str:
    """Off and on again; pending changes take effect."""
    lab, vmid = call.lab, call.params["vmid"]
    _ready(call, running=True)
    timeout = call.get("timeout", life.SHUTDOWN_S)
    return _task(call, "vzreboot", lambda log: life.reboot(lab, vmid, log, timeout_s=timeout))


@router.get("/nodes/{node}/lxc/{vmid}/snapshot")
def snapshots(call: Call) -> list[dict[str, Any]]:
    """What is kept, and where the container stands."""
    record = models.guest(call.lab.store, call.params["vmid"], call.params["node"])
    shown = []
    for name, body in record["snapshots"].items():
        entry = {"name": name, "snaptime": body["snaptime"], "description": body.get("description", "")}
        shown.append(entry | ({"parent": body["parent"]} if body["parent"] else {}))
    here: dict[str, Any] = {"name": "current", "description": "You are here!"}
    here |= {"running": int(models.is_running(call.lab, call.params["vmid"]))}
    here["digest"] = models.shown_config(record["config"])["digest"]
    return [*shown, here | ({"parent": record["parent"]} if record["parent"] else {})]


@router.post("/nodes/{node}/lxc/{vmid}/snapshot")
def take(call: Call) -> str:
    """Keep configuration and disk under a name."""
    lab, vmid, name = call.lab, call.params["vmid"], call.params["snapname"]
    models.check_lock(models.guest(lab.store, vmid, call.params["node"]))
    if name in ("current", "vzdump"):
        raise failed(f"unable to use snapshot name '{name}' (reserved name)")
    described = call.get("description")
    return _task(call, "vzsnapshot", lambda log: snapshot.take(lab, vmid, log, name, described))


@router.get("/nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config")
def read_snapshot(call: Call) -> dict[str, Any]:
    """A kept configuration."""
    record = models.guest(call.lab.store, call.params["vmid"], call.params["node"])
    kept = snapshot.snapshot_of(record, call.params["snapname"])
    described = {"description": kept["description"]} if "description" in kept else {}
    return {**kept["config"], **described, "snaptime": kept["snaptime"]}


@router.put("/nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config")
def describe_snapshot(call: Call) -> None:
    """Change the description."""
    record = models.guest(call.lab.store, call.params["vmid"], call.params["node"])
    kept = snapshot.snapshot_of(record, call.params["snapname"])
    kept["description"] = call.get("description", "")
    held = {**record["snapshots"], call.params["snapname"]: kept}
    models.change(call.lab.store, call.params["vmid"], snapshots=held)


@router.post("/nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback")
def roll_back(call: Call) -> str:
    """Put configuration and disk back."""
    lab, vmid, name = call.lab, call.params["vmid"], call.params["snapname"]
    record = models.guest(lab.store, vmid, call.params["node"])
    models.check_lock(record)
    snapshot.snapshot_of(record, name)
    after = bool(call.get("start"))
    return _task(call, "vzrollback", lambda log: snapshot.roll_back(lab, vmid, log, name, start_after=after))


@router.delete("/nodes/{node}/lxc/{vmid}/snapshot/{snapname}")
def delete_snapshot(call: Call) -> str:
    """Forget a snapshot."""
    lab, vmid, name = call.lab, call.params["vmid"], call.params["snapname"]
    record = models.guest(lab.store, vmid, call.params["node"])
    models.check_lock(record)
    snapshot.snapshot_of(record, name)
    return _task(call, "vzdelsnapshot", lambda log: snapshot.delete(lab, vmid, log, name))
