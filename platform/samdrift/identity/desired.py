"""Entries of all registers and the rules -> accounts and groups as they shall be. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256

from samdrift.identity.account import Account, Contents, Group
from samdrift.identity.entry import Entry
from samdrift.identity.fault import Fault
from samdrift.identity.ledger import Ledger, Line
from samdrift.identity.rule import Rules

LONGEST = 20
"""Characters of a sAMAccountName (MS-SAMR 3.1.1.6)."""
PROTECTED = "OU=Other"
"""Unit of people with a protected identity; its name says nothing."""


@dataclass(frozen=True)
class Member:
    """What rules need to know of a member."""

    key: str
    name: str
    domain: str


@dataclass(frozen=True)
class Desired:
    """What shall be, the ledger that goes with it, and what stands in the way, for each member."""

    contents: Contents
    ledger: Ledger
    faults: tuple[Fault, ...]


def desired(
    entries: Iterable[Entry],
    *,
    members: Mapping[str, Member],
    rules: Rules,
    ledger: Ledger,
    domain: str,
    today: date,
) -> Desired:
    """Return the accounts of everybody with a living engagement.

    + domain: the directory's own DNS domain
    """
    live: dict[str, list[Entry]] = {}
    for one in entries:
        if one.is_live(today):
            live.setdefault(one.key, []).append(one)
    weight = {kind: number for number, kind in enumerate(rules.kinds)}
    for found in live.values():
        found.sort(key=lambda one: (weight[one.kind], one.member, one.id))

    # In an order that no other order of rows changes.
    order = sorted(live, key=lambda key: (live[key][0].member, live[key][0].id, key))
    people = dict(ledger.people)
    taken = {line.name for line in people.values()}
    for key in order:
        first = live[key][0]
        if key not in people:
            people[key] = Line(_name(first, taken))
            taken.add(people[key].name)
        people[key] = replace(people[key], left=None)

    faults = list(_clashes(live, ledger))
    owners = {address: key for key, line in people.items() for address in (*line.earlier, line.mail) if address}
    owners |= {address: key for key in order if (address := _stated(live[key]))}
    names = {(one.member, one.id): people[key].name for key in order for one in live[key]}
    accounts: dict[str, Account] = {}
    groups: dict[str, set[str]] = _frame(members, rules)
    for key in order:
        found, line = live[key], people[key]
        address = _address(found, line, domain=members[found[0].member].domain, rules=rules, owners=owners)
        if address:
            owners[address] = key
        if line.mail and address and address != line.mail:
            line = replace(line, earlier=tuple(dict.fromkeys((*line.earlier, line.mail))))
        people[key] = replace(line, mail=address or line.mail)
        account = _account(
            found, name=line.name, address=address, members=members, rules=rules, domain=domain, names=names
        )
        accounts[account.name] = account
        for group in _groups(found, rules):
            groups.setdefault(group, set()).add(account.name)
    owner = {name: member for member in members for name in groups if name.startswith(f"{member}-")}
    contents = Contents(
        accounts, {name: Group(name, owner.get(name, ""), frozenset(inside)) for name, inside in groups.items()}
    )
    return Desired(contents, replace(ledger, people=people), tuple(sorted(faults)))


def _frame(members: Mapping[str, Member], rules: Rules) -> dict[str, set[str]]:
    """Groups that are there whoever is in them: kinds of each member, kinds of all, services."""
    frame: dict[str, set[str]] = {f"{member}-{kind}": set() for member in members for kind in rules.kinds}
    frame |= {f"all-{kind}": {f"{member}-{kind}" for member in members} for kind in rules.kinds}
    return frame | {f"service-{name}": {f"all-{kind}" for kind in kinds} for name, kinds in rules.services.items()}


def _groups(found: list[Entry], rules: Rules) -> set[str]:
    groups = set()
    for one in found:
        groups.add(f"{one.member}-{one.kind}")
        if one.unit:
            groups.add(f"{one.member}-unit-{slug(one.unit)}")
        groups |= {f"{one.member}-class-{slug(f'{one.unit} {name}')}" for name in one.classes}
        groups |= {f"{one.member}-role-{role}" for role in rules.groups_of(one.kind, one.title)}
    return groups


def _account(
    found: list[Entry],
    *,
    name: str,
    address: str,
    members: Mapping[str, Member],
    rules: Rules,
    domain: str,
    names: Mapping[tuple[str, str], str],
) -> Account:
    one = found[0]
    protected = any(entry.protected for entry in found)
    attributes = {
        "employeeNumber": one.key,
        "userPrincipalName": f"{name}@{domain}",
        "mail": address,
        "displayName": name if protected else f"{one.first} {one.last}",
        "givenName": "" if protected else one.first,
        "sn": "" if protected else one.last,
        "company": members[one.member].name,
        "department": members[one.member].name,
        "division": "" if protected else one.unit,
        "title": "" if protected else one.title,
        "employeeType": one.kind,
        "manager": "" if protected else names.get((one.member, one.manager), ""),
    }
    unit = PROTECTED if protected else f"OU={rules.kinds[one.kind].unit}"
    # Several engagements: the account lasts as long as the longest.
    ends = None if any(entry.ends is None for entry in found) else max(entry.ends for entry in found if entry.ends)
    return Account(name, f"{unit},OU={one.member}", one.member, attributes, expires=ends)


def _name(entry: Entry, taken: set[str]) -> str:
    """Return an account name for life: the register's own number, or of the person's key where that tells too much."""
    plain = f"{entry.member}.{entry.id}"
    if not entry.protected and len(plain) <= LONGEST and plain not in taken:
        return plain
    room = max(LONGEST - len(entry.member) - 1, 8)
    for start in range(len(entry.key) - 8):
        name = f"{entry.member[: LONGEST - 9]}.{entry.key[start : start + min(room, 8)]}"
        if name not in taken:
            return name
    raise AssertionError("a person's key has no part that nobody has for a name")


def _stated(found: list[Entry]) -> str:
    """The address a register gives; of a protected identity none is taken, it would hold the name."""
    if any(one.protected for one in found):
        return ""
    return next((one.mail for one in found if one.mail), "")


def _address(found: list[Entry], line: Line, *, domain: str, rules: Rules, owners: Mapping[str, str]) -> str:
    """Return the address: the register's, else the one given before, else of the name and, if need be, the account."""
    if not any(rules.kinds[one.kind].mailbox for one in found):
        return ""
    if stated := _stated(found):
        return stated
    protected = any(one.protected for one in found)
    by_account = f"{line.name}@{domain}"
    if protected:
        return by_account
    if line.mail.endswith(f"@{domain}") and line.mail != by_account:
        return line.mail
    first, last = (letters(part) for part in (found[0].first, found[0].last))
    for local in (f"{first}.{last}", f"{first}.{last}.{found[0].id}"):
        if first and last and owners.get(f"{local}@{domain}", found[0].key) == found[0].key:
            return f"{local}@{domain}"
    return by_account


def _clashes(live: Mapping[str, list[Entry]], ledger: Ledger) -> Iterator[Fault]:
    """Addresses that registers give to somebody while they are another's: told to every register that does."""
    holders: dict[str, dict[str, Entry | None]] = {}
    for key, found in live.items():
        for one in found:
            if one.mail and not one.protected:
                holders.setdefault(one.mail, {}).setdefault(key, one)
    for key, line in ledger.people.items():
        # An address is never given twice, not even after its holder got another one or left.
        for address in {line.mail, *line.earlier} & holders.keys():
            holders[address].setdefault(key, None)
    for address, found_by in holders.items():
        if len(found_by) < 2:
            continue
        places = {
            k: f"{one.file}:{one.line}" if one else f"account {ledger.people[k].name}" for k, one in found_by.items()
        }
        for key, entry in found_by.items():
            if entry:
                others = ", ".join(place for other, place in places.items() if other != key)
                wanted = f"an address of one person is accepted: it is in {others} too"
                yield Fault(entry.member, entry.file, entry.line, "mail", address, wanted)


def slug(text: str) -> str:
    """Return a part of a group's name.

    >>> slug("Vård & omsorg, Östra")
    'vard-omsorg-ostra'
    """
    plain = re.sub(r"[^a-z0-9]+", "-", _ascii(text).lower()).strip("-")
    # A name of nothing but other letters, or one too long for a group's, is told apart by its digest.
    return plain if plain and len(plain) <= 32 else f"{plain[:24]}-{sha256(text.encode()).hexdigest()[:6]}".strip("-")


def letters(text: str) -> str:
    """Return a name as part of a mail address.

    >>> letters("Åsa-Lena")
    'asa-lena'
    """
    return re.sub(r"[^a-z0-9-]", "", _ascii(text).lower().replace(" ", "-")).strip("-")


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def digest(account: Account) -> str:
    """Return a short digest of everything that rules say of the account."""
    said = [
        account.place,
        str(account.enabled),
        str(account.expires),
        *(f"{k}={v}" for k, v in sorted(account.attributes.items())),
    ]
    return sha256("\n".join(said).encode()).hexdigest()[:16]


def is_over(line: Line, *, today: date, days: int) -> bool:
    """Whether a leaver's account has been kept long enough."""
    return line.left is not None and line.left + timedelta(days=days) < today
