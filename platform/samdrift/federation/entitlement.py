"""The agreed rules by which accounts follow from registers: `rules.yaml`, as plain data for roles that need them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

KEEPER = "svc-accounts"
"""Account by which people are made and changed in the directory."""
PASSWORD = "directory-accounts"
"""Name of its secret."""


@cache
def rules() -> dict[str, Any]:
    """The rules as written; `samdrift.identity.rule.parse` is what refuses them."""
    found: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("rules.yaml").read_text(encoding="utf-8"))
    return found


def kinds() -> dict[str, str]:
    """Kind of account -> its unit below the member's."""
    return {kind: rule["unit"] for kind, rule in rules()["kinds"].items()}


def sights() -> dict[str, list[str]]:
    """Unit below a member's -> kinds of the member's own accounts that may look its people up."""
    units = sorted({unit for rule in rules()["kinds"].values() for unit in (rule["unit"], *rule["sees"])})
    return {unit: [kind for kind, rule in rules()["kinds"].items() if unit in rule["sees"]] for unit in units}


def readers() -> list[dict[str, Any]]:
    """Kinds with a mailbox in order of weight: `{"kind", "unit", "books"}`, by unit the books that it may look into."""
    kept = {kind: rule for kind, rule in rules()["kinds"].items() if rule["mailbox"]}
    books = {rule["unit"]: rule["book"] for rule in kept.values()}
    return [
        {"kind": kind, "unit": rule["unit"], "books": {unit: books[unit] for unit in rule["sees"] if unit in books}}
        for kind, rule in kept.items()
    ]


def services() -> dict[str, list[str]]:
    """Service -> kinds of accounts that it opens to."""
    found = rules()["kinds"]
    names = sorted({name for rule in found.values() for name in rule["services"]})
    return {name: [kind for kind, rule in found.items() if name in rule["services"]] for name in names}
