"""Rules of guests' firewalls that the hypervisor holds and the engine's state does not.

The provider makes a guest's rules one call after the other and refuses to begin where a rule is. So where the engine or
the hypervisor dies between the first and the last, every later run ends on "Existing rules detected". A guest whose
rules the state does not hold loses what it has of them here; the run that comes next makes them whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from samdrift.hypervisor import Hypervisor
from samdrift.orphan import GUESTS, number

RULES = "proxmoxve:firewall/rulesLegacy:RulesLegacy"


class Bare(NamedTuple):
    """A guest that the state holds without its rules."""

    name: str
    node: str
    kind: str
    """`lxc` or `qemu`."""
    number: int


def bare_guests(deployment: Mapping[str, Any]) -> tuple[Bare, ...]:
    """Return the guests of a stack's state (`deployment` of `pulumi stack export`) whose rules it does not hold."""
    resources = deployment.get("resources") or ()
    filed = {number(one) for one in resources if one["type"] == RULES}
    return tuple(
        Bare(one["urn"].rsplit("::", 1)[-1], one["inputs"]["nodeName"], GUESTS[one["type"]], number(one))
        for one in resources
        if one["type"] in GUESTS and number(one) not in filed
    )


def clear(hypervisor: Hypervisor, guests: Sequence[Bare]) -> dict[str, int]:
    """Delete the guests' rules, each guest's last first; return how many those had that had any, by name.

    Raises: HypervisorError.
    """
    present = {one["vmid"] for one in hypervisor.call("GET", "/cluster/resources", type="vm")}
    return {guest.name: found for guest in guests if guest.number in present and (found := _clear(hypervisor, guest))}


def _clear(hypervisor: Hypervisor, guest: Bare) -> int:
    path = f"/nodes/{guest.node}/{guest.kind}/{guest.number}/firewall/rules"
    positions = sorted((int(one["pos"]) for one in hypervisor.call("GET", path)), reverse=True)
    for position in positions:
        hypervisor.call("DELETE", f"{path}/{position}")
    return len(positions)
