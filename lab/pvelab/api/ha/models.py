"""HA resources and rules, and where a resource may run."""

from typing import Any

from pvelab.api.ha.errors import no_resource, no_rule
from pvelab.lab import Lab
from pvelab.schema.format import split_list
from pvelab.store import Store


def resource(store: Store, sid: str) -> dict[str, Any]:
    """The resource's record."""
    record = store.get("ha-resource", sid)
    if record is None:
        raise no_resource(sid)
    return dict(record)


def rule(store: Store, name: str) -> dict[str, Any]:
    """The rule's record."""
    record = store.get("ha-rule", name)
    if record is None:
        raise no_rule(name)
    return dict(record)


def full_sid(text: str) -> str:
    """`ct:101` of `101` or `ct:101`."""
    return text if ":" in text else f"ct:{text}"


def drop_resource(store: Store, sid: str) -> None:
    """Take a resource out of HA and out of the rules; a rule without resources goes too."""
    store.delete("ha-resource", sid)
    for name, body in store.items("ha-rule").items():
        members = split_list(body["resources"])
        if sid in members:
            left = [item for item in members if item != sid]
            least = 1 if body["type"] == "node-affinity" else 2
            if len(left) < least:
                store.delete("ha-rule", name)
            else:
                store.put("ha-rule", name, {**body, "resources": ",".join(left)})


def priorities(text: str) -> dict[str, int]:
    """Nodes of a rule with their priorities: `pve1:2,pve2` -> {pve1: 2, pve2: 0}."""
    found = (item.partition(":") for item in split_list(text))
    return {name: int(number or 0) for name, _, number in found}


def _rules_of(store: Store, sid: str, kind: str) -> list[dict[str, Any]]:
    return [
        body
        for body in store.items("ha-rule").values()
        if body["type"] == kind and not body.get("disable") and sid in split_list(body["resources"])
    ]


def _affine(lab: Lab, sid: str, rules: list[dict[str, Any]]) -> tuple[set[str], set[str]]:
    """Nodes where companions are, and nodes where those are that it must keep away from."""
    near: set[str] = set()
    far: set[str] = set()
    for body in rules:
        for other in split_list(body["resources"]):
            record = lab.store.get("guest", other.partition(":")[2])
            if other != sid and record and lab.is_online(record["node"]) and record["active"]:
                (near if body["affinity"] == "positive" else far).add(record["node"])
    return near, far


def candidates(lab: Lab, sid: str) -> list[str]:
    """Online nodes where a resource may run, the best first."""
    online = [node for node in lab.nodes if lab.is_online(node)]
    affinity = _rules_of(lab.store, sid, "node-affinity")
    best: dict[str, int] = dict.fromkeys(online, 0)
    if affinity:
        wanted = priorities(affinity[0]["nodes"])
        inside = {node: wanted[node] for node in online if node in wanted}
        best = inside if inside or affinity[0].get("strict") else best
    near, far = _affine(lab, sid, _rules_of(lab.store, sid, "resource-affinity"))
    allowed = [node for node in best if node not in far and (not near or node in near)]
    return sorted(allowed, key=lambda node: -best[node])


def rank(lab: Lab, sid: str, node: str) -> int | None:
    """The node's priority for the resource; None: it may not, or should not, run there."""
    if node not in candidates(lab, sid):
        return None
    affinity = _rules_of(lab.store, sid, "node-affinity")
    return priorities(affinity[0]["nodes"]).get(node, 0) if affinity else 0
