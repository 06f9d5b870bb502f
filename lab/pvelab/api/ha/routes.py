"""/cluster/ha"""

from typing import Any

from pvelab.api.errors import bad_parameter, failed
from pvelab.api.ha import models
from pvelab.api.ha.errors import groups_are_gone
from pvelab.api.lxc import life
from pvelab.api.lxc.models import is_running
from pvelab.api.router import Call, Router
from pvelab.api.sdn.models import digest
from pvelab.schema.format import split_list

router = Router()
router.index("/cluster/ha", "status", "resources", "groups", "rules")
router.index("/cluster/ha/status", "current", "manager_status")


def _shown(sid: str, record: dict[str, Any]) -> dict[str, Any]:
    return {"sid": sid, "state": "started", **record, "digest": digest(record)}


def _fields(call: Call, record: dict[str, Any]) -> dict[str, Any]:
    if call.get("group"):
        raise bad_parameter(group="invalid parameter - ha groups have been migrated to rules")
    given = call.rest("sid", "type", "delete", "digest", "group")
    if given.get("state") == "enabled":
        given["state"] = "started"
    return {key: value for key, value in {**record, **given}.items() if value != ""}


def _wake(call: Call) -> None:
    call.later.append(call.lab.engine.wake)


@router.get("/cluster/ha/resources")
def resources(call: Call) -> list[dict[str, Any]]:
    """Every resource, or those of a type."""
    found = call.lab.store.items("ha-resource").items()
    return [_shown(sid, record) for sid, record in found if call.get("type") in (None, record["type"])]


@router.post("/cluster/ha/resources")
def create_resource(call: Call) -> None:
    """Put a container under HA."""
    sid = models.full_sid(call.params["sid"])
    kind, _, vmid = sid.partition(":")
    if call.get("type", kind) != kind:
        raise bad_parameter(type=f"type mismatch: resource '{sid}' is not of type '{call.params['type']}'")
    if call.lab.store.get("ha-resource", sid) is not None:
        raise failed(f"resource ID '{sid}' already defined")
    if kind != "ct" or call.lab.store.get("guest", vmid) is None:
        raise failed(f"unable to add resource '{sid}': {'CT' if kind == 'ct' else 'VM'} '{vmid}' does not exist")
    call.lab.store.put("ha-resource", sid, _fields(call, {"type": kind}))
    _wake(call)


@router.get("/cluster/ha/resources/{sid}")
def read_resource(call: Call) -> dict[str, Any]:
    """One resource."""
    sid = models.full_sid(call.params["sid"])
    return _shown(sid, models.resource(call.lab.store, sid))


@router.put("/cluster/ha/resources/{sid}")
def update_resource(call: Call) -> None:
    """Change the wanted state and the limits."""
    sid = models.full_sid(call.params["sid"])
    record = models.resource(call.lab.store, sid)
    for key in call.list("delete"):
        record.pop(key, None)
    call.lab.store.put("ha-resource", sid, _fields(call, record))
    call.later.append(lambda: call.lab.engine.forgive(sid))
    _wake(call)


@router.delete("/cluster/ha/resources/{sid}")
def delete_resource(call: Call) -> None:
    """Take a container out of HA; it goes on running."""
    sid = models.full_sid(call.params["sid"])
    models.resource(call.lab.store, sid)
    models.drop_resource(call.lab.store, sid)


@router.post("/cluster/ha/resources/{sid}/migrate")
@router.post("/cluster/ha/resources/{sid}/relocate")
def move(call: Call) -> dict[str, Any]:
    """Move a resource to another node; a container restarts on the way."""
    lab, target = call.lab, call.params["node"]
    sid = models.full_sid(call.params["sid"])
    models.resource(lab.store, sid)
    vmid = int(sid.partition(":")[2])
    record = lab.store.get("guest", str(vmid)) or {}
    if target not in models.candidates(lab, sid):
        raise failed(f"resource '{sid}' not allowed on node '{target}'")
    if record["node"] != target:
        call.task(
            node=record["node"],
            kind="hamigrate",
            subject=vmid,
            work=lambda log: life.migrate(lab, vmid, target, log, restart=True),
        )
    return {"sid": sid, "requested-node": target}


def _shown_rule(name: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"rule": name, **body, "digest": digest(body)}


def _rule_fields(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    given = call.rest("rule", "delete", "digest")
    merged = {key: value for key, value in {**body, **given}.items() if value != ""}
    merged = {key: value for key, value in merged.items() if not (key == "disable" and not value)}
    members = [models.full_sid(item) for item in split_list(merged["resources"])]
    loose = [sid for sid in members if call.lab.store.get("ha-resource", sid) is None]
    if loose:
        raise failed(f"cannot use unmanaged resource(s) {', '.join(loose)} in a rule.")
    _check_shape(call, merged, members)
    return {**merged, "resources": ",".join(members)}


def _check_shape(call: Call, body: dict[str, Any], members: list[str]) -> None:
    is_node_rule = body["type"] == "node-affinity"
    missing = "nodes" if is_node_rule else "affinity"
    if not body.get(missing):
        raise bad_parameter(**{missing: "property is missing and it is not optional"})
    if not is_node_rule:
        if len(members) < 2:
            raise failed("rule is ineffective as there are less than two resources.")
        return
    for node in models.priorities(body["nodes"]):
        if node not in call.lab.nodes:
            raise bad_parameter(nodes=f"no such cluster node '{node}'")


@router.get("/cluster/ha/rules")
def rules(call: Call) -> list[dict[str, Any]]:
    """Every rule, or those of a type or for a resource."""
    wanted = call.get("resource")
    return [
        _shown_rule(name, body)
        for name, body in call.lab.store.items("ha-rule").items()
        if call.get("type") in (None, body["type"])
        and (wanted is None or models.full_sid(wanted) in split_list(body["resources"]))
    ]


@router.post("/cluster/ha/rules")
def create_rule(call: Call) -> None:
    """A new rule."""
    name = call.params["rule"]
    if call.lab.store.get("ha-rule", name) is not None:
        raise failed(f"HA rule '{name}' already defined")
    call.lab.store.put("ha-rule", name, _rule_fields(call, {}))
    _wake(call)


@router.get("/cluster/ha/rules/{rule}")
def read_rule(call: Call) -> dict[str, Any]:
    """One rule."""
    return _shown_rule(call.params["rule"], models.rule(call.lab.store, call.params["rule"]))


@router.put("/cluster/ha/rules/{rule}")
def update_rule(call: Call) -> None:
    """Change a rule; its type stays."""
    name = call.params["rule"]
    body = models.rule(call.lab.store, name)
    if call.params["type"] != body["type"]:
        raise bad_parameter(type="can't change the type of a rule")
    for key in call.list("delete"):
        body.pop(key, None)
    call.lab.store.put("ha-rule", name, _rule_fields(call, body))
    _wake(call)


@router.delete("/cluster/ha/rules/{rule}")
def delete_rule(call: Call) -> None:
    """A rule."""
    models.rule(call.lab.store, call.params["rule"])
    call.lab.store.delete("ha-rule", call.params["rule"])
    _wake(call)


@router.get("/cluster/ha/groups")
def groups(call: Call) -> None:
    """Gone in Proxmox VE 9."""
    raise groups_are_gone("index groups")


@router.post("/cluster/ha/groups")
def create_group(call: Call) -> None:
    """Gone in Proxmox VE 9."""
    raise groups_are_gone("create group")


@router.get("/cluster/ha/groups/{group}")
def read_group(call: Call) -> None:
    """Gone in Proxmox VE 9."""
    raise groups_are_gone("read group")


@router.put("/cluster/ha/groups/{group}")
def update_group(call: Call) -> None:
    """Gone in Proxmox VE 9."""
    raise groups_are_gone("update group")


@router.delete("/cluster/ha/groups/{group}")
def delete_group(call: Call) -> None:
    """Gone in Proxmox VE 9."""
    raise groups_are_gone("delete group")


@router.get("/cluster/ha/status/current")
def status(call: Call) -> list[dict[str, Any]]:
    """Quorum, the master, each node, each resource."""
    lab = call.lab
    online = [node for node in lab.nodes if lab.is_online(node)]
    quorate = lab.is_quorate()
    master = online[0] if online else lab.nodes[0]
    shown: list[dict[str, Any]] = [
        {"id": "quorum", "type": "quorum", "node": master, "status": "OK" if quorate else "No quorum on node",
         "quorate": int(quorate)},
        {"id": "master", "type": "master", "node": master, "status": f"{master} (active)"},
    ]  # fmt: skip
    for node in lab.nodes:
        state = "active" if node in online else "unknown"
        shown.append({"id": f"lrm:{node}", "type": "lrm", "node": node, "status": f"{node} ({state})"})
    for sid, resource in lab.store.items("ha-resource").items():
        record = lab.store.get("guest", sid.partition(":")[2])
        if record is None:
            continue
        running = lab.is_online(record["node"]) and is_running(lab, int(sid.partition(":")[2]))
        state = lab.engine.state_of(sid, resource, running)
        shown.append(
            {
                "id": f"service:{sid}",
                "type": "service",
                "sid": sid,
                "node": record["node"],
                "state": state,
                "crm_state": state,
                "request_state": resource.get("state", "started"),
                "status": f"{sid} ({record['node']}, {state})",
            }
        )
    return shown


@router.get("/cluster/ha/status/manager_status")
def manager_status(call: Call) -> dict[str, Any]:
    """Nodes and resources as the manager sees them."""
    lab = call.lab
    nodes = {node: "online" if lab.is_online(node) else "unknown" for node in lab.nodes}
    services = {entry["sid"]: {"node": entry["node"], "state": entry["state"]}
                for entry in status(call) if entry["type"] == "service"}  # fmt: skip
    return {
        "manager_status": {"node_status": nodes, "service_status": services},
        "quorum": {"quorate": int(lab.is_quorate())},
    }
