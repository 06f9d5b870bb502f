"""/cluster"""

from typing import Any

from pvelab.api.cluster import models
from pvelab.api.cluster.errors import taken
from pvelab.api.router import Call, Router

router = Router()
router.index(
    "/cluster",
    "backup", "backup-info", "firewall", "ha", "log", "nextid", "options", "resources", "sdn", "status", "tasks",
)  # fmt: skip


@router.get("/cluster/nextid")
def next_id(call: Call) -> str:
    """A free id; the one asked for, if it is free."""
    wanted = call.get("vmid")
    if wanted is None:
        return str(models.next_id(call.lab))
    if call.lab.store.get("guest", str(wanted)) is not None:
        raise taken(wanted)
    return str(wanted)


@router.get("/cluster/resources")
def resources(call: Call) -> list[dict[str, Any]]:
    """Nodes, containers, storages, pools and zones; or one kind."""
    kinds = {"vm": ("lxc", "qemu"), None: ("lxc", "node", "storage", "pool", "sdn")}
    wanted = kinds.get(call.get("type"), (call.get("type"),))
    return [entry for entry in models.resources(call) if entry["type"] in wanted]


@router.get("/cluster/status")
def status(call: Call) -> list[dict[str, Any]]:
    """The cluster and its nodes."""
    lab = call.lab
    shown: list[dict[str, Any]] = [
        {
            "id": "cluster",
            "type": "cluster",
            "name": lab.settings.name,
            "nodes": len(lab.nodes),
            "quorate": int(lab.is_quorate()),
            "version": len(lab.nodes),
        }
    ]
    for number, node in enumerate(lab.nodes, start=1):
        shown.append(
            {
                "id": f"node/{node}",
                "type": "node",
                "name": node,
                "nodeid": number,
                "ip": "127.0.0.1",
                "local": int(number == 1),
                "online": int(lab.is_online(node)),
                "level": "",
            }
        )
    return shown


@router.get("/cluster/options")
def options(call: Call) -> dict[str, Any]:
    """Datacenter options: all at their defaults."""
    return {}


@router.get("/cluster/log")
def log(call: Call) -> list[dict[str, Any]]:
    """What happened, newest first; one's own lines without Sys.Syslog on /."""
    see_all = call.may("/", "Sys.Syslog")
    entries = list(call.lab.store.items("log").values())[::-1]
    return [entry for entry in entries if see_all or entry["user"] == call.user][: call.get("max", 50)]
