"""Members, rules and a directory in memory, for the tests of accounts by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

from samdrift.federation import entitlement
from samdrift.identity.account import Account, Contents, Group
from samdrift.identity.desired import Desired, Member, desired
from samdrift.identity.difference import Change, difference, settled
from samdrift.identity.entry import Entry, person_key
from samdrift.identity.hr import COLUMNS
from samdrift.identity.ledger import Ledger
from samdrift.identity.rule import Rules, parse

TODAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
SECRET = "a secret of the test"
MEMBERS = {key: Member(key, key.capitalize(), f"{key}.example") for key in ("ystad", "tomelilla")}
DOMAINS = frozenset(member.domain for member in MEMBERS.values())


@cache
def rules() -> Rules:
    """The agreed ones."""
    return parse(entitlement.rules())


def row(**values: str) -> str:
    """A line of an HR export."""
    plain = {"id": "s1", "first_name": "Åsa", "last_name": "Öberg", "group": "employee"} | values
    return ";".join(plain.get(column, "") for column in COLUMNS)


def export(*rows: str) -> bytes:
    """An HR export."""
    return "\n".join([";".join(COLUMNS), *rows, ""]).encode()


def entry(id: str = "s1", *, member: str = "ystad", kind: str = "staff", person: str = "", **values: object) -> Entry:
    """An entry; `person` as personal number makes the same person of two."""
    key = person_key(SECRET, personal_number=person, register=f"hr/{member}/{id}")
    plain = Entry(member=member, id=id, key=key, kind=kind, first="Åsa", last="Öberg", file=f"{member}/hr.csv", line=2)
    return replace(plain, **values)  # type: ignore[arg-type]


def wanted(entries: Sequence[Entry], ledger: Ledger | None = None, *, today: date = TODAY) -> Desired:
    """What shall be."""
    return desired(
        entries, members=MEMBERS, rules=rules(), ledger=ledger or Ledger(), domain="ad.osterlen.example", today=today
    )


class Memory:
    """A directory that does what it is told."""

    def __init__(self) -> None:
        """Nobody."""
        self.accounts: dict[str, Account] = {}
        self.groups: dict[str, Group] = {}

    def present(self) -> Contents:
        """What is there."""
        return Contents(dict(self.accounts), dict(self.groups))

    def finish(self) -> None:
        """Nothing is done last."""

    def apply(self, change: Change) -> None:
        """Do it."""
        if change.verb in ("leave", "strange"):
            self.accounts[change.name] = replace(self.accounts[change.name], enabled=False)
        elif change.verb == "delete":
            del self.accounts[change.name]
        elif change.verb == "group":
            assert change.group
            self.groups[change.name] = replace(change.group, members=frozenset())
        elif change.group:
            found = self.groups[change.name]
            self.groups[change.name] = replace(found, members=found.members - {*change.remove} | {*change.add})
        else:
            assert change.account
            if change.present:
                del self.accounts[change.present.name]
            self.accounts[change.name] = change.account


def cycle(
    memory: Memory, entries: Sequence[Entry], ledger: Ledger, *, now: datetime = NOW, held: frozenset[str] = frozenset()
) -> tuple[list[Change], Ledger]:
    """One cycle without registers' files: the changes that were done, and the ledger after them."""
    found = wanted(entries, ledger, today=now.date())
    assert not found.faults
    changes = difference(found, memory.present(), rules=rules(), now=now, held=held)
    ledger = found.ledger
    for change in changes:
        memory.apply(change)
        ledger = settled(ledger, change, now=now)
    return changes, ledger


def people_changes(changes: Sequence[Change]) -> list[str]:
    """`verb name` of changes to accounts."""
    return [f"{one.verb} {one.name}" for one in changes if one.group is None]
