"""What a careless or hostile hand can reach on a lab: hosts by SSH, the hypervisor by its API, the cables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from samdrift.compliance.target import Target
from tests.checks.host import first_rule
from tests.checks.scene import Scene, scene_at


def scene_of(target: Target) -> AbstractContextManager[Scene]:
    """Give the lab's hosts and segments for as long as the sabotage lasts."""
    return scene_at(target.state)


def guest_path(target: Target, guest: str) -> str:
    """Return the API path of a guest, wherever it runs now."""
    found = next(one for one in target.call("GET", "/cluster/resources", type="vm") if one["name"] == guest)
    return f"/nodes/{found['node']}/lxc/{found['vmid']}"


@contextmanager
def firewall_off(target: Target, guest: str) -> Iterator[None]:
    """Switch the guest's firewall off, as somebody does who looks for a fault and forgets about it."""
    path = f"{guest_path(target, guest)}/firewall/options"
    target.call("PUT", path, enable=0)
    try:
        yield
    finally:
        target.call("PUT", path, enable=1)


@contextmanager
def open_router(target: Target, scene: Scene, host: str, *words: str) -> Iterator[None]:
    """Let a router forward what `words` match, past its own rules and its guest firewall."""
    with firewall_off(target, host), first_rule(scene, host, *words, "accept"):
        yield
