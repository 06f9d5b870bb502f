"""What the stack files say, read by the pack itself and not through the program's loader.

The folder is `SAMDRIFT_STACKS`, else `stacks` beside the pack.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

KEY = "samdrift:stack"


@dataclass(frozen=True)
class Declaration:
    """One stack file's facts, beside those of its federation's hall."""

    stack: str
    facts: dict[str, Any]
    hall: dict[str, Any]

    def waiver(self, *, policy: str, subject: str) -> bool:
        """Tell whether the hall's list excuses this subject from this policy today."""
        return any(
            w["policy"] == policy and w["subject"] == subject and _in_force(w) for w in self.hall.get("waivers") or ()
        )

    def is_disposable(self, guest: str) -> bool:
        """Tell whether the hall's list says today that this guest needs no backup."""
        return any(
            d.get("subject", d.get("guest")) == guest and _in_force(d) for d in self.hall.get("disposable") or ()
        )


def _in_force(entry: dict[str, Any]) -> bool:
    return date.fromisoformat(str(entry["ends"])) >= date.today()


def folder() -> Path:
    """Return where the stack files lie."""
    return Path(os.environ.get("SAMDRIFT_STACKS") or Path(__file__).resolve().parents[2] / "stacks")


def declared(urn: str) -> Declaration:
    """Return what was declared for the stack that this resource (`urn:pulumi:<stack>::…`) belongs to."""
    return _declaration(stack=urn.removeprefix("urn:pulumi:").partition("::")[0], where=folder())


def members(of: Declaration) -> Iterator[dict[str, Any]]:
    """Yield the facts of every member of the same federation, in the order of their files' names."""
    federation = of.stack.partition(".")[0]
    for file in sorted(folder().glob(f"Pulumi.{federation}.*.yaml")):
        facts = _facts(file)
        if facts.get("kind") == "member":
            yield facts


@cache
def _declaration(*, stack: str, where: Path) -> Declaration:
    federation = stack.partition(".")[0]
    return Declaration(
        stack=stack,
        facts=_facts(where / f"Pulumi.{stack}.yaml"),
        hall=_facts(where / f"Pulumi.{federation}.hall.yaml"),
    )


@cache
def _facts(file: Path) -> dict[str, Any]:
    if not file.exists():
        raise FileNotFoundError(f"{file}: the policies read what a stack declares from this file; found none")
    found: dict[str, Any] = yaml.safe_load(file.read_text())["config"][KEY]
    return found
