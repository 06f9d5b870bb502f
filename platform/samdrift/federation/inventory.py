"""The member's systems as they were before it joined, and the gate that follows from them (ONB-01).

A shared service is switched on for a member only when every row of the categories it replaces is mapped: decided, by
somebody, with a target service or a recorded exception.
"""

from __future__ import annotations

from collections.abc import Iterable

from samdrift.federation import catalogue
from samdrift.federation.record import InventoryItem, Label, Member, Record


class InventoryFile(Record):
    """Content of `stacks/inventory/<member>.yaml`."""

    member: Label
    items: tuple[InventoryItem, ...]


def is_mapped(item: InventoryItem) -> bool:
    """Whether a row says what becomes of the system: a decision somebody made, with its target or its reason."""
    if item.decided_by is None:
        return False
    if item.decision in {"keep", "replace"}:
        return item.target_service is not None
    return item.decision == "retire" or (item.decision == "exception" and item.reason is not None)


def unmapped(items: Iterable[InventoryItem], service: str) -> tuple[str, ...]:
    """Why a service may not be switched on yet: one clause per category without rows and per row that is not mapped."""
    rows = tuple(items)
    sentences: list[str] = []
    for category in catalogue.BY_NAME[service].replaces:
        of_category = [item for item in rows if item.category == category]
        if not of_category:
            sentences.append(f"the inventory has no row of category {category}")
        sentences += [f"row {item.id} ({category}) is not mapped" for item in of_category if not is_mapped(item)]
    return tuple(sentences)


def instances(members: Iterable[Member]) -> dict[str, int]:
    """Systems per category before the federation, over all members: the consolidation indicator's left side."""
    counts = dict.fromkeys(catalogue.CATEGORIES, 0)
    for member in members:
        for item in member.inventory:
            counts[item.category] += 1
    return counts
