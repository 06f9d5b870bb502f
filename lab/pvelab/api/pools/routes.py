"""/pools"""

from typing import Any

from pvelab.api.access.models import drop_acls
from pvelab.api.errors import failed
from pvelab.api.lxc.models import guest_resource
from pvelab.api.pools import models
from pvelab.api.router import Call, Router
from pvelab.api.storage.models import storage_resource

router = Router()


def _members(call: Call, body: dict[str, Any]) -> list[dict[str, Any]]:
    lab, kind = call.lab, call.get("type")
    guests = [guest_resource(lab, vmid) for vmid in body["vms"] if lab.store.get("guest", str(vmid))]
    found = [entry for entry in guests if call.may(f"/vms/{entry['vmid']}", "VM.Audit")]
    for name in body["storage"]:
        if lab.store.get("storage", name) and call.may(f"/storage/{name}", "Datastore.Audit"):
            found.append(storage_resource(lab, lab.nodes[0], name))
    return [entry for entry in found if kind in (None, entry["type"])]


def _show(call: Call, name: str, body: dict[str, Any], *, full: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"poolid": name}
    if body.get("comment"):
        shown["comment"] = body["comment"]
    if full:
        shown["members"] = _members(call, body)
    return shown


@router.get("/pools")
def pools(call: Call) -> list[dict[str, Any]]:
    """The pools that the caller may see; with `poolid` the one, with its members."""
    wanted = call.get("poolid")
    if wanted is not None:
        call.check(f"/pool/{wanted}", "Pool.Audit")
        return [_show(call, wanted, models.pool(call.lab.store, wanted), full=True)]
    return [
        _show(call, name, body, full=False)
        for name, body in call.lab.store.items("pool").items()
        if call.may(f"/pool/{name}", "Pool.Audit")
    ]


@router.post("/pools")
def create_pool(call: Call) -> None:
    """A new, empty pool; a nested one needs its parent."""
    name, store = call.params["poolid"], call.lab.store
    if store.get("pool", name) is not None:
        raise failed(f"create pool failed: pool '{name}' already exists")
    parent = name.rpartition("/")[0]
    if parent and store.get("pool", parent) is None:
        raise failed(f"create pool failed: parent pool '{parent}' does not exist")
    store.put("pool", name, {"comment": call.get("comment"), "vms": [], "storage": []})


@router.get("/pools/{poolid}")
def read_pool(call: Call) -> dict[str, Any]:
    """One pool with its members."""
    shown = _show(call, call.params["poolid"], models.pool(call.lab.store, call.params["poolid"]), full=True)
    shown.pop("poolid")
    return shown


@router.put("/pools/{poolid}")
@router.put("/pools")
def update_pool(call: Call) -> None:
    """Comment, and members in or out."""
    store, name = call.lab.store, call.params["poolid"]
    body = models.pool(store, name)
    if "comment" in call.params:
        body["comment"] = call.params["comment"]
    store.put("pool", name, body)
    for vmid in (int(item) for item in call.list("vms")):
        _move_guest(call, name, vmid)
    body = models.pool(store, name)
    for storage in call.list("storage"):
        call.authority.check_modify(call.user, f"/storage/{storage}")
        held = storage in body["storage"]
        if call.get("delete"):
            if not held:
                raise failed(f"Storage '{storage}' is not a pool member")
            body["storage"].remove(storage)
            continue
        if held:
            raise failed(f"Storage '{storage}' is already a pool member")
        body["storage"] = sorted([*body["storage"], storage])
    store.put("pool", name, body)


def _move_guest(call: Call, name: str, vmid: int) -> None:
    store = call.lab.store
    call.authority.check_modify(call.user, f"/vms/{vmid}")
    current = models.pool_of(store, vmid)
    if call.get("delete"):
        if current != name:
            raise failed(f"VM {vmid} is not a pool member")
        models.put_guest(store, vmid, None)
        return
    if current == name:
        raise failed(f"VM {vmid} is already a pool member")
    if current is not None and not call.get("allow-move"):
        raise failed(f"VM {vmid} belongs already to pool '{current}' and 'allow-move' is not set")
    models.put_guest(store, vmid, name)


@router.delete("/pools/{poolid}")
@router.delete("/pools")
def delete_pool(call: Call) -> None:
    """An empty pool."""
    store, name = call.lab.store, call.params["poolid"]
    body = models.pool(store, name)
    if body["vms"]:
        raise failed(f"delete pool failed: pool '{name}' is not empty (contains VM {body['vms'][0]})")
    if body["storage"]:
        raise failed(f"delete pool failed: pool '{name}' is not empty (contains storage {body['storage'][0]})")
    if any(other.startswith(f"{name}/") for other in store.items("pool")):
        raise failed(f"delete pool failed: pool '{name}' is not empty (contains pools)")
    drop_acls(store, path=f"/pool/{name}")
    store.delete("pool", name)
