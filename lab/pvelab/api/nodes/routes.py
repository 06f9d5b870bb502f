"""/nodes"""

from typing import Any

from pvelab.api.nodes import models
from pvelab.api.router import Call, Router
from pvelab.api.sdn.models import running
from pvelab.tls import fingerprint

router = Router()
router.index(
    "/nodes/{node}",
    "aplinfo", "firewall", "lxc", "network", "qemu", "query-url-metadata", "sdn", "status", "storage", "tasks", "time",
    "version", "vzdump",
)  # fmt: skip


def certificate(call: Call) -> str:
    """Fingerprint of the server certificate."""
    file = call.lab.settings.state / "tls" / "server.pem"
    return fingerprint(file) if file.exists() else ""


@router.get("/nodes")
def nodes(call: Call) -> list[dict[str, Any]]:
    """Every node; figures for those who may audit it."""
    shown = []
    for node in call.lab.nodes:
        entry = models.summary(call.lab, node, certificate(call))
        if not call.may(f"/nodes/{node}", "Sys.Audit"):
            entry = {key: entry[key] for key in ("node", "id", "type", "status", "ssl_fingerprint")}
        shown.append(entry)
    return shown


@router.get("/nodes/{node}/status")
def status(call: Call) -> dict[str, Any]:
    """A node's figures."""
    return models.status(call.lab, call.params["node"])


@router.post("/nodes/{node}/status")
def command(call: Call) -> None:
    """Power the node down; `reboot` gives the power back at once."""
    lab, node = call.lab, call.params["node"]
    call.later.append(lambda: models.power_off(lab, node))
    if call.params["command"] == "reboot":
        call.later.append(lambda: models.power_on(lab, node))


@router.get("/nodes/{node}/version")
@router.get("/version")
def version(call: Call) -> dict[str, str]:
    """The version of Proxmox VE that the lab answers like."""
    return models.VERSION


@router.get("/nodes/{node}/time")
def node_time(call: Call) -> dict[str, Any]:
    """The node's clock."""
    return models.now()


@router.get("/nodes/{node}/qemu")
def virtual_machines(call: Call) -> list[Any]:
    """The lab has no virtual machines."""
    return []


@router.get("/nodes/{node}/network")
def network(call: Call) -> list[dict[str, Any]]:
    """The bridges that the nodes pretend to have, and the running VNets."""
    wanted = call.get("type")
    plain = [
        {"iface": name, "type": "bridge", "active": 1, "autostart": 1, "method": "manual", "method6": "manual"}
        for name in call.lab.settings.uplinks
    ]
    vnets = [{"iface": name, "type": "vnet", "active": 1} for name in running(call.lab.store, "vnet")]
    kinds = {None: plain, "bridge": plain, "any_local_bridge": plain, "any_bridge": plain + vnets, "vnet": vnets,
             "include_sdn": plain + vnets}  # fmt: skip
    return kinds.get(wanted, [])
