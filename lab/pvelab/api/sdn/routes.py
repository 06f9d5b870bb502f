"""/cluster/sdn, /nodes/{node}/sdn"""

import difflib
import ipaddress
import uuid
from typing import Any

from pvelab.api.errors import bad_parameter, failed
from pvelab.api.router import Call, Router
from pvelab.api.sdn import models
from pvelab.api.sdn.errors import duplicate, missing
from pvelab.schema.format import split_list

router = Router()
_SEE = ("SDN.Audit", "SDN.Allocate")
_ZONE_FIELDS = ("bridge", "mtu", "nodes", "ipam")
_VNET_FIELDS = ("zone", "tag", "alias", "isolate-ports")
router.index("/cluster/sdn", "vnets", "zones", "controllers", "ipams", "dns", "fabrics", "lock", "rollback", "dry-run")
router.index("/nodes/{node}/sdn", "zones", "vnets", "fabrics")
router.index("/nodes/{node}/sdn/zones/{zone}", "content", "bridges")


def _views(call: Call, kind: str) -> dict[str, dict[str, Any]]:
    return models.view(call.lab.store, kind, pending=bool(call.get("pending")), applied=bool(call.get("running")))


def _view(call: Call, kind: str, name: str) -> dict[str, Any]:
    found = _views(call, kind).get(name)
    if found is None:
        raise missing(kind, name)
    return {kind: name, **found}


def _save(call: Call, kind: str, name: str, body: dict[str, Any]) -> None:
    call.lab.store.put(f"sdn-{kind}", name, {key: value for key, value in body.items() if value not in (None, "")})


def _changed(call: Call, kind: str, name: str) -> dict[str, Any]:
    """An object ready to be changed: lock and digest are right, what is to be deleted is gone."""
    models.check_lock(call.lab.store, call.get("lock-token"))
    body = models.read(call.lab.store, kind, name)
    if call.get("digest") and call.params["digest"] != models.digest(body):
        raise failed("detected modified configuration - file changed by other user? Try again.")
    for key in call.list("delete"):
        body.pop(key, None)
    return body


@router.get("/cluster/sdn/zones")
def zones(call: Call) -> list[dict[str, Any]]:
    """The zones that the caller may see."""
    return [
        {"zone": name, **body}
        for name, body in _views(call, "zone").items()
        if call.get("type") in (None, body["type"]) and call.may(f"/sdn/zones/{name}", *_SEE, some=True)
    ]


@router.get("/cluster/sdn/zones/{zone}")
def read_zone(call: Call) -> dict[str, Any]:
    """One zone."""
    return _view(call, "zone", call.params["zone"])


def _zone_fields(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    for name in call.rest("zone", "type", "delete", "digest", "lock-token"):
        if name not in _ZONE_FIELDS:
            raise call.refuse(f"{name} of a zone")
        body[name] = call.params[name]
    if body.get("ipam") not in (None, "", "pve"):
        raise bad_parameter(ipam=f"ipam '{body['ipam']}' does not exist")
    if not body.get("bridge"):
        raise bad_parameter(bridge="property is missing and it is not optional")
    return body


@router.post("/cluster/sdn/zones")
def create_zone(call: Call) -> None:
    """A new vlan zone; the lab has no other kind."""
    name = call.params["zone"]
    models.check_lock(call.lab.store, call.get("lock-token"))
    if call.params["type"] != "vlan":
        raise call.refuse(f"zone type '{call.params['type']}'")
    if call.lab.store.get("sdn-zone", name) is not None:
        raise duplicate("zone", name)
    _save(call, "zone", name, _zone_fields(call, {"type": "vlan"}))


@router.put("/cluster/sdn/zones/{zone}")
def update_zone(call: Call) -> None:
    """Change a zone."""
    name = call.params["zone"]
    _save(call, "zone", name, _zone_fields(call, _changed(call, "zone", name)))


@router.delete("/cluster/sdn/zones/{zone}")
def delete_zone(call: Call) -> None:
    """A zone without VNets."""
    name = call.params["zone"]
    models.check_lock(call.lab.store, call.get("lock-token"))
    models.read(call.lab.store, "zone", name)
    for vnet, body in models.wanted(call.lab.store, "vnet").items():
        if body["zone"] == name:
            raise failed(f"delete sdn zone object failed: zone {name} is used by vnet {vnet}")
    call.lab.store.delete("sdn-zone", name)


def _check_vnet_access(call: Call, name: str, *privileges: str) -> None:
    zone = models.read(call.lab.store, "vnet", name)["zone"]
    call.check(f"/sdn/zones/{zone}/{name}", *privileges, some=True)


@router.get("/cluster/sdn/vnets")
def vnets(call: Call) -> list[dict[str, Any]]:
    """The VNets that the caller may see."""
    shown = []
    for name, body in _views(call, "vnet").items():
        zone = body.get("zone") or body.get("pending", {}).get("zone")
        if call.may(f"/sdn/zones/{zone}/{name}", *_SEE, some=True):
            shown.append({"vnet": name, **body})
    return shown


@router.get("/cluster/sdn/vnets/{vnet}")
def read_vnet(call: Call) -> dict[str, Any]:
    """One VNet."""
    shown = _view(call, "vnet", call.params["vnet"])
    zone = shown.get("zone") or shown.get("pending", {}).get("zone")
    call.check(f"/sdn/zones/{zone}/{call.params['vnet']}", *_SEE, some=True)
    return shown


def _vnet_fields(call: Call, name: str, body: dict[str, Any]) -> dict[str, Any]:
    if call.get("vlanaware"):
        raise call.refuse("vlanaware: the lab's bridges carry no tagged frames")
    for key in call.rest("vnet", "type", "delete", "digest", "lock-token", "vlanaware"):
        if key not in _VNET_FIELDS:
            raise call.refuse(f"{key} of a VNet")
        body[key] = call.params[key]
    models.check_vnet(call.lab.store, name, body)
    return body


@router.post("/cluster/sdn/vnets")
def create_vnet(call: Call) -> None:
    """A new VNet; guests can use it after the next apply."""
    name = call.params["vnet"]
    models.check_lock(call.lab.store, call.get("lock-token"))
    if call.lab.store.get("sdn-vnet", name) is not None:
        raise duplicate("vnet", name)
    _save(call, "vnet", name, _vnet_fields(call, name, {"type": "vnet"}))


@router.put("/cluster/sdn/vnets/{vnet}")
def update_vnet(call: Call) -> None:
    """Change a VNet."""
    name = call.params["vnet"]
    _check_vnet_access(call, name, "SDN.Allocate")
    old_zone = models.read(call.lab.store, "vnet", name)["zone"]
    if call.get("zone", old_zone) != old_zone and _subnets(call, name):
        raise bad_parameter(zone="can't change zone if subnets exist")
    _save(call, "vnet", name, _vnet_fields(call, name, _changed(call, "vnet", name)))


@router.delete("/cluster/sdn/vnets/{vnet}")
def delete_vnet(call: Call) -> None:
    """A VNet without subnets; its bridge goes with the next apply."""
    name = call.params["vnet"]
    _check_vnet_access(call, name, "SDN.Allocate")
    models.check_lock(call.lab.store, call.get("lock-token"))
    if _subnets(call, name):
        raise failed("delete sdn vnet object failed: Can't delete vnet if subnets exists")
    call.lab.store.delete("sdn-vnet", name)


def _subnets(call: Call, vnet: str) -> dict[str, dict[str, Any]]:
    return {name: body for name, body in models.wanted(call.lab.store, "subnet").items() if body["vnet"] == vnet}


def _subnet_id(call: Call, vnet: str, text: str) -> str:
    zone = models.read(call.lab.store, "vnet", vnet)["zone"]
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise bad_parameter(subnet=f"invalid format - {error}") from error
    return f"{zone}-{network.network_address}-{network.prefixlen}"


@router.get("/cluster/sdn/vnets/{vnet}/subnets")
def subnets(call: Call) -> list[dict[str, Any]]:
    """A VNet's subnets."""
    _check_vnet_access(call, call.params["vnet"], *_SEE)
    return [
        {"subnet": name, "id": name, **body}
        for name, body in _views(call, "subnet").items()
        if call.params["vnet"] in (body.get("vnet"), body.get("pending", {}).get("vnet"))
    ]


@router.get("/cluster/sdn/vnets/{vnet}/subnets/{subnet}")
def read_subnet(call: Call) -> dict[str, Any]:
    """One subnet."""
    _check_vnet_access(call, call.params["vnet"], *_SEE)
    return _view(call, "subnet", call.params["subnet"])


@router.post("/cluster/sdn/vnets/{vnet}/subnets")
def create_subnet(call: Call) -> None:
    """A new subnet: a record. Without gateway and SNAT, which would route around the lab's firewall."""
    vnet = call.params["vnet"]
    _check_vnet_access(call, vnet, "SDN.Allocate")
    models.check_lock(call.lab.store, call.get("lock-token"))
    name = _subnet_id(call, vnet, call.params["subnet"])
    if call.lab.store.get("sdn-subnet", name) is not None:
        raise duplicate("subnet", name)
    _refuse_routing(call)
    _, address, length = name.split("-")
    body = {"type": "subnet", "vnet": vnet, "zone": name.split("-")[0], "cidr": f"{address}/{length}"}
    _save(call, "subnet", name, {**body, "network": address, "mask": length})


def _refuse_routing(call: Call) -> None:
    for key in call.rest("vnet", "subnet", "type", "lock-token", "delete", "digest"):
        if call.get(key):
            raise call.refuse(f"{key} of a subnet")


@router.put("/cluster/sdn/vnets/{vnet}/subnets/{subnet}")
def update_subnet(call: Call) -> None:
    """Nothing of what the lab honours can be changed; the checks are made."""
    _check_vnet_access(call, call.params["vnet"], "SDN.Allocate")
    body = _changed(call, "subnet", call.params["subnet"])
    _refuse_routing(call)
    _save(call, "subnet", call.params["subnet"], body)


@router.delete("/cluster/sdn/vnets/{vnet}/subnets/{subnet}")
def delete_subnet(call: Call) -> None:
    """A subnet."""
    _check_vnet_access(call, call.params["vnet"], "SDN.Allocate")
    models.check_lock(call.lab.store, call.get("lock-token"))
    models.read(call.lab.store, "subnet", call.params["subnet"])
    call.lab.store.delete("sdn-subnet", call.params["subnet"])


@router.put("/cluster/sdn")
def apply(call: Call) -> str:
    """Make the edited configuration the running one, as a task."""
    models.check_lock(call.lab.store, call.get("lock-token"))
    if call.get("release-lock", 1):
        call.lab.store.delete("meta", "sdn-lock")
    lab = call.lab
    return call.task(node=lab.nodes[0], kind="reloadnetworkall", subject="", work=lambda log: models.apply(lab, log))


@router.post("/cluster/sdn/lock")
def lock(call: Call) -> str:
    """Keep others from changing the configuration; the token to change it with."""
    store = call.lab.store
    if store.get("meta", "sdn-lock") is not None:
        raise failed("lock sdn configuration failed: configuration is already locked")
    changes = [models.view(store, kind, pending=True) for kind in models.KINDS]
    if not call.get("allow-pending") and any("state" in body for view in changes for body in view.values()):
        raise failed("lock sdn configuration failed: configuration has pending changes")
    token = str(uuid.uuid4())
    store.put("meta", "sdn-lock", token)
    return token


@router.delete("/cluster/sdn/lock")
def unlock(call: Call) -> None:
    """Give the lock back, or with `force` take it away."""
    if not call.get("force"):
        models.check_lock(call.lab.store, call.get("lock-token"))
    call.lab.store.delete("meta", "sdn-lock")


@router.post("/cluster/sdn/rollback")
def rollback(call: Call) -> None:
    """Forget what was edited since the last apply."""
    store = call.lab.store
    models.check_lock(store, call.get("lock-token"))
    for kind in models.KINDS:
        applied = models.running(store, kind)
        for name in models.wanted(store, kind):
            store.delete(f"sdn-{kind}", name)
        for name, body in applied.items():
            store.put(f"sdn-{kind}", name, body)
    if call.get("release-lock", 1):
        store.delete("meta", "sdn-lock")


@router.get("/cluster/sdn/dry-run")
def dry_run(call: Call) -> dict[str, str]:
    """What an apply would change."""
    store = call.lab.store
    before = models.interfaces_text(models.running(store, "zone"), models.running(store, "vnet"))
    after = models.interfaces_text(models.wanted(store, "zone"), models.wanted(store, "vnet"))
    return {"frr-diff": "", "interfaces-diff": "\n".join(difflib.unified_diff(before, after, lineterm=""))}


@router.get("/cluster/sdn/controllers")
@router.get("/cluster/sdn/dns")
def nothing(call: Call) -> list[Any]:
    """The lab has none of them."""
    return []


@router.get("/cluster/sdn/ipams")
def ipams(call: Call) -> list[dict[str, str]]:
    """The built-in one, which a vlan zone does not use."""
    return [{"ipam": "pve", "type": "pve"}] if call.may("/sdn/ipams/pve", *_SEE, some=True) else []


@router.get("/nodes/{node}/sdn/zones")
def node_zones(call: Call) -> list[dict[str, str]]:
    """The running zones and whether the node has them."""
    return [
        {"zone": name, "status": "available"}
        for name, body in models.running(call.lab.store, "zone").items()
        if call.may(f"/sdn/zones/{name}", *_SEE, some=True)
        and (not body.get("nodes") or call.params["node"] in split_list(body["nodes"]))
    ]


@router.get("/nodes/{node}/sdn/zones/{zone}/content")
def zone_content(call: Call) -> list[dict[str, str]]:
    """The running VNets of a zone."""
    return [
        {"vnet": name, "status": "available"}
        for name, body in models.running(call.lab.store, "vnet").items()
        if body["zone"] == call.params["zone"]
    ]
