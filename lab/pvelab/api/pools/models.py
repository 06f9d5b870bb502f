"""Pools: named sets of guests and storages, to which ACLs apply."""

from typing import Any

from pvelab.api.pools.errors import no_pool
from pvelab.store import Store


def pool(store: Store, name: str) -> dict[str, Any]:
    """The pool's record: comment, vms (ids), storage (names)."""
    record = store.get("pool", name)
    if record is None:
        raise no_pool(name)
    return dict(record)


def pool_of(store: Store, vmid: int) -> str | None:
    """The pool that a guest is in."""
    return next((name for name, body in store.items("pool").items() if vmid in body["vms"]), None)


def put_guest(store: Store, vmid: int, name: str | None) -> None:
    """Move a guest into a pool, or out of all."""
    for current, body in store.items("pool").items():
        if vmid in body["vms"]:
            store.put("pool", current, {**body, "vms": [held for held in body["vms"] if held != vmid]})
    if name is not None:
        body = pool(store, name)
        store.put("pool", name, {**body, "vms": sorted({*body["vms"], vmid})})


def drop_storage(store: Store, storage: str) -> None:
    """Take a storage out of every pool."""
    for name, body in store.items("pool").items():
        if storage in body["storage"]:
            store.put("pool", name, {**body, "storage": [held for held in body["storage"] if held != storage]})
