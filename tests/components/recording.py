"""Declare a component without a hypervisor and look at what it declared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pulumi
import pulumi_proxmoxve as proxmoxve

from samdrift.federation.load import load_federation
from samdrift.federation.record import Federation
from samdrift.rehearsal import Declared, Rehearsal, rehearse_function

STACKS = Path(__file__).parents[2] / "stacks"


def federation() -> Federation:
    """Return the default federation."""
    return load_federation(STACKS, "ystad-osterlen")


def record(declare: Callable[[pulumi.ResourceOptions], object], *, stack: str = "ystad-osterlen.hall") -> Rehearsal:
    """Run `declare` as a program; it gets options that carry a provider named `given`."""

    def program() -> None:
        declare(pulumi.ResourceOptions(providers=[proxmoxve.Provider("given", endpoint="https://rehearsal.invalid/")]))

    return rehearse_function(stack, program)


def of_type(found: Rehearsal, ending: str) -> dict[str, Declared]:
    """Return the resources whose type ends so, by name."""
    return {one.name: one for one in found.resources if one.type.endswith(ending)}


def only(found: Rehearsal, ending: str) -> Declared:
    """Return the one resource whose type ends so."""
    (one,) = of_type(found, ending).values()
    return one


def lies_below(found: Rehearsal, child: Declared, parent: str) -> bool:
    """Tell whether a component of this type is the parent of the child."""
    return any(one.urn == child.parent and one.type == parent for one in found.resources)


def provider_of(one: Declared) -> str:
    """Return the name of the provider a resource is declared with."""
    return one.provider.rsplit("::", 1)[-1]


def waits_for(found: Rehearsal, one: Declared) -> set[str]:
    """Return the names of everything a resource waits for: directly, through others, or because its parent does."""
    by_urn = {each.urn: each for each in found.resources}
    seen: dict[str, Declared] = {}
    todo = [one]
    while todo:
        last = todo.pop()
        for urn in (*last.dependencies, last.parent):
            if urn in by_urn and urn not in seen:
                seen[urn] = by_urn[urn]
                todo.append(by_urn[urn])
    return {each.name for each in seen.values()}
