"""What has to be done: desired against present. Pure, and readable before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from samdrift.identity.account import OWNED, Account, Contents, Group
from samdrift.identity.desired import Desired, digest, is_over
from samdrift.identity.ledger import Ledger
from samdrift.identity.rule import Rules

Verb = Literal["leave", "delete", "strange", "join", "return", "change", "revert", "group", "members", "revert-members"]
ORDER: tuple[Verb, ...] = (
    "leave", "strange", "delete", "join", "return", "change", "revert", "group", "members", "revert-members",
)  # fmt: skip
"""Doors are shut before others are opened; groups last, when everybody who shall be in them is there."""
LEAVING: tuple[Verb, ...] = ("leave", "delete")


@dataclass(frozen=True)
class Change:
    """One thing to do to one account or group."""

    verb: Verb
    member: str
    """Empty: the federation's own group."""
    name: str
    key: str = ""
    account: Account | None = None
    """As it shall be."""
    present: Account | None = None
    group: Group | None = None
    differs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What -> (found, wanted); `place`, `name`, `enabled`, `expires` beside the attributes."""
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    why: str = ""

    def __str__(self) -> str:
        """`change ystad.s12: division 'Skola' -> 'Vård'`."""
        parts = [f"{what} {old!r} -> {new!r}" for what, (old, new) in self.differs.items()]
        parts += [f"+ {name}" for name in self.add[:8]] + ([f"+ {len(self.add) - 8} more"] if len(self.add) > 8 else [])
        parts += [f"- {name}" for name in self.remove[:8]]
        parts += [f"- {len(self.remove) - 8} more"] if len(self.remove) > 8 else []
        parts += [self.why] if self.why else []
        return f"{self.verb} {self.name}" + (f": {', '.join(parts)}" if parts else "")

    def record(self) -> dict[str, Any]:
        """What the journal says of it."""
        facts: dict[str, Any] = {"verb": self.verb, "member": self.member, "name": self.name}
        facts |= {"key": self.key} if self.key else {}
        facts |= {"differs": {what: list(pair) for what, pair in self.differs.items()}} if self.differs else {}
        facts |= {"add": list(self.add)} if self.add else {}
        facts |= {"remove": list(self.remove)} if self.remove else {}
        return facts | ({"why": self.why} if self.why else {})


def difference(
    wanted: Desired, present: Contents, *, rules: Rules, now: datetime, held: frozenset[str]
) -> list[Change]:
    """Return every change, in the order in which it is to be done.

    + held: members that are left exactly as they are
    """
    changes = list(_accounts(wanted, present, rules, now))
    changes += _groups(wanted, present)
    # Somebody who is in a held register too stays where that one has put the account.
    free = [one for one in changes if one.member not in held and not (one.present and one.present.member in held)]
    # Who leads joins first, so that those who are led join with their manager: a change each less to write.
    leads = {account.attributes.get("manager") for account in wanted.contents.accounts.values()}
    late = {one.name for one in free if one.verb == "join"} - leads
    return sorted(free, key=lambda one: (ORDER.index(one.verb), one.name in late, one.member, one.name))


def _accounts(wanted: Desired, present: Contents, rules: Rules, now: datetime) -> list[Change]:
    changes = []
    by_key, met = present.by_key(), set()
    for name, ruled in wanted.contents.accounts.items():
        # By the person first; one whose key was taken away by hand is still known by its name.
        found = by_key.get(ruled.key) or present.accounts.get(name)
        if found is None:
            changes.append(Change("join", ruled.member, name, ruled.key, ruled))
            continue
        met.add(found.name)
        account = replace(ruled, enabled=not found.blocked)
        if differs := compared(account, found):
            verb: Verb = "change"
            if not found.enabled:
                verb = "return" if wanted.ledger.people[account.key].applied == "" else "revert"
            elif wanted.ledger.people[account.key].applied == digest(account):
                verb = "revert"
            changes.append(Change(verb, account.member, name, account.key, account, found, differs=differs))
    people = {line.name: (key, line) for key, line in wanted.ledger.people.items()}
    for name, found in present.accounts.items():
        if name in met:
            continue
        key, line = people.get(name, (found.key, wanted.ledger.people.get(found.key)))
        if line is None or not found.key:
            old = found.created is not None and now - found.created > timedelta(hours=rules.stranger_hours)
            if found.enabled and old:
                why = f"no register knows it, made {found.created:%Y-%m-%d %H:%M}"
                changes.append(Change("strange", found.member, name, present=found, why=why))
        elif is_over(line, today=now.date(), days=rules.retention_days):
            changes.append(Change("delete", found.member, name, key, present=found, why=f"left {line.left}"))
        elif found.enabled:
            changes.append(Change("leave", found.member, name, key, present=found, why="no living engagement"))
    return changes


def compared(account: Account, found: Account) -> dict[str, tuple[str, str]]:
    """What differs."""
    differs = {
        what: (found.attributes.get(what, ""), account.attributes.get(what, ""))
        for what in OWNED
        if found.attributes.get(what, "") != account.attributes.get(what, "")
    }
    pairs = (
        ("name", found.name, account.name),
        ("place", found.place, account.place),
        ("enabled", str(found.enabled), str(account.enabled)),
        ("expires", str(found.expires), str(account.expires)),
    )
    return differs | {what: (old, new) for what, old, new in pairs if old != new}


def _groups(wanted: Desired, present: Contents) -> list[Change]:
    changes = []
    strangers = _strangers(wanted, present)
    for name in sorted({*wanted.contents.groups, *present.groups}):
        shall = wanted.contents.groups.get(name) or Group(name, present.groups[name].member, frozenset())
        if name not in present.groups:
            changes.append(Change("group", shall.member, name, group=shall))
        found = present.groups[name].members if name in present.groups else frozenset()
        add = shall.members - found
        remove = found - shall.members - strangers
        if add or remove:
            same = wanted.ledger.groups.get(name) == members_digest(shall)
            verb: Verb = "revert-members" if same else "members"
            changes.append(
                Change(verb, shall.member, name, group=shall, add=tuple(sorted(add)), remove=tuple(sorted(remove)))
            )
    return changes


def _strangers(wanted: Desired, present: Contents) -> frozenset[str]:
    """Accounts of no register that still live: what their maker gave them lasts as long as they do."""
    known = {line.name for line in wanted.ledger.people.values()}
    return frozenset(n for n, one in present.accounts.items() if one.enabled and not one.key and n not in known)


def members_digest(group: Group) -> str:
    """Return a short digest of who shall be in the group."""
    return sha256("\n".join(sorted(group.members)).encode()).hexdigest()[:16]


def settled(ledger: Ledger, change: Change, *, now: datetime) -> Ledger:
    """Return the ledger after the change was done."""
    if change.verb in ("group", "members", "revert-members") and change.group:
        return replace(ledger, groups={**ledger.groups, change.name: members_digest(change.group)})
    line = ledger.people.get(change.key)
    if line is None:
        return ledger
    if change.verb == "leave":
        line = replace(line, left=now.date(), applied="")
    elif change.account:
        line = replace(line, applied=digest(change.account), left=None)
    return replace(ledger, people={**ledger.people, change.key: line})


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)
