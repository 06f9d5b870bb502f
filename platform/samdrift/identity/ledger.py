"""What must outlive a cycle: names and addresses given for life, what was applied last, when people left."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Line:
    """One person."""

    name: str
    """Account name; never another's, also when the account is gone."""
    mail: str = ""
    earlier: tuple[str, ...] = ()
    """Addresses the person had before; never another's."""
    applied: str = ""
    """Digest of what was applied last: what differs while this is the same was changed by hand."""
    left: date | None = None


@dataclass(frozen=True)
class Ledger:
    """Everybody who ever had an account by rule, by person key; and the groups' digests."""

    people: Mapping[str, Line] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Ledger:
        """Return what `text` writes."""
        plain = json.loads(text)
        people = {
            key: Line(
                name=one["name"], mail=one["mail"], earlier=tuple(one["earlier"]), applied=one["applied"],
                left=date.fromisoformat(one["left"]) if one["left"] else None,
            )
            for key, one in plain["people"].items()
        }  # fmt: skip
        return cls(people, plain["groups"])

    def text(self) -> str:
        """Return the ledger as JSON."""
        people: dict[str, Any] = {
            key: {**asdict(line), "left": line.left.isoformat() if line.left else None}
            for key, line in sorted(self.people.items())
        }
        return json.dumps({"people": people, "groups": dict(sorted(self.groups.items()))}, indent=0, ensure_ascii=False)

    def known(self, found: Iterable[tuple[str, str, str]]) -> Ledger:
        """Return the ledger with people that it lacks and the directory holds: (key, name, mail).

        So a lost ledger costs nobody an account. A key that was put by hand on the account of somebody known is none.
        """
        people, names = dict(self.people), {line.name for line in self.people.values()}
        for key, name, mail in found:
            if key not in people and name not in names:
                people[key] = Line(name, mail)
        return replace(self, people=people)
