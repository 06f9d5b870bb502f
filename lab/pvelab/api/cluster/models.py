"""The cluster as a whole."""

from collections.abc import Iterator
from typing import Any

from pvelab.api.lxc.models import guest_resource
from pvelab.api.nodes.models import summary
from pvelab.api.router import Call
from pvelab.api.sdn.models import running
from pvelab.api.storage.models import storage_resource
from pvelab.lab import Lab


def next_id(lab: Lab) -> int:
    """The lowest free id."""
    used = {int(key) for key in lab.store.items("guest")}
    candidate = 100
    while candidate in used:
        candidate += 1
    return candidate


def resources(call: Call) -> Iterator[dict[str, Any]]:
    """Everything that the caller may see."""
    yield from _nodes(call)
    for key in call.lab.store.items("guest"):
        if call.may(f"/vms/{key}", "VM.Audit"):
            yield guest_resource(call.lab, int(key))
    yield from _storages(call)
    for name in call.lab.store.items("pool"):
        if call.may(f"/pool/{name}", "Pool.Audit"):
            yield {"id": f"/pool/{name}", "type": "pool", "pool": name}
    yield from _zones(call)


def _nodes(call: Call) -> Iterator[dict[str, Any]]:
    for node in call.lab.nodes:
        entry = summary(call.lab, node, "")
        entry.pop("ssl_fingerprint")
        if not call.may(f"/nodes/{node}", "Sys.Audit"):
            entry = {key: entry[key] for key in ("node", "id", "type", "status")}
        yield entry


def _storages(call: Call) -> Iterator[dict[str, Any]]:
    for name, record in call.lab.store.items("storage").items():
        if call.may(f"/storage/{name}", "Datastore.Audit", "Datastore.AllocateSpace", some=True):
            for node in call.lab.nodes:
                if not record.get("nodes") or node in record["nodes"]:
                    yield storage_resource(call.lab, node, name)


def _zones(call: Call) -> Iterator[dict[str, Any]]:
    for name in running(call.lab.store, "zone"):
        if call.may(f"/sdn/zones/{name}", "SDN.Audit", "SDN.Allocate", some=True):
            for node in call.lab.nodes:
                state = "ok" if call.lab.is_online(node) else "unknown"
                yield {"id": f"sdn/{node}/{name}", "type": "sdn", "sdn": name, "node": node, "status": state}
