"""The rules as data: kind of account -> unit, mailbox, services; title and unit -> groups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class RuleError(ValueError):
    """The rules cannot be used; one sentence."""


@dataclass(frozen=True)
class Kind:
    """What every account of a kind gets."""

    name: str
    unit: str
    """Organisational unit below the member's."""
    mailbox: bool
    services: tuple[str, ...]
    """Services that open to it: its group is in `service-<name>`."""
    ends: bool
    """An entry must say when it ends."""


@dataclass(frozen=True)
class Role:
    """A role that follows from kind and title, and the group that stands for it."""

    name: str
    kinds: tuple[str, ...]
    title: re.Pattern[str]


@dataclass(frozen=True)
class Rules:
    """All of them. `kinds` in order of weight: of several engagements the weightiest decides where the account is."""

    kinds: Mapping[str, Kind]
    roles: tuple[Role, ...]
    guard_number: int
    guard_share: float
    retention_days: int
    """Days that a leaver's account is kept, disabled, before it is deleted."""
    stranger_hours: int
    """Hours that an account lives which no register knows: made by hand in an emergency."""

    @property
    def services(self) -> dict[str, tuple[str, ...]]:
        """Service -> kinds that it opens to."""
        names = sorted({service for kind in self.kinds.values() for service in kind.services})
        return {name: tuple(kind.name for kind in self.kinds.values() if name in kind.services) for name in names}

    def groups_of(self, kind: str, title: str) -> tuple[str, ...]:
        """Roles of somebody with this kind of account and this title."""
        return tuple(role.name for role in self.roles if kind in role.kinds and role.title.search(title))


def parse(found: Mapping[str, Any]) -> Rules:
    """Return the rules of `rules.yaml`.

    Raises: RuleError.
    """
    try:
        kinds = {
            name: Kind(name, one["unit"], bool(one["mailbox"]), tuple(one["services"]), one["ends"] == "required")
            for name, one in found["kinds"].items()
        }
        roles = tuple(
            Role(one["name"], tuple(one["kinds"]), re.compile(one["title"], re.IGNORECASE)) for one in found["roles"]
        )
        guard = found["guard"]
        rules = Rules(
            kinds, roles, int(guard["number"]), float(guard["share"]), int(found["retention_days"]),
            int(found["stranger_hours"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise RuleError(f"the rules lack or misspell something: {error!r}") from error
    if nameless := [name for name, one in found["kinds"].items() if one["mailbox"] and not one.get("book")]:
        raise RuleError(f"kinds {nameless} have a mailbox and no book: what their people are called together is needed")
    if unknown := {kind for role in rules.roles for kind in role.kinds} - set(kinds):
        raise RuleError(f"roles name kinds {sorted(unknown)}: {', '.join(kinds)} are accepted")
    if not 0 < rules.guard_share <= 1:
        raise RuleError(f"guard.share is {rules.guard_share}: more than 0 and at most 1 is accepted")
    return rules
