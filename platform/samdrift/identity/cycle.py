"""One cycle: read the registers and the directory, say what differs, and put it right."""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import httpx

from samdrift.identity import hr
from samdrift.identity.account import Contents
from samdrift.identity.desired import Desired, Member, desired
from samdrift.identity.difference import Change, difference, settled
from samdrift.identity.entry import Entry
from samdrift.identity.fault import Fault, RegisterError
from samdrift.identity.guard import tripped
from samdrift.identity.journal import Journal
from samdrift.identity.ledger import Ledger
from samdrift.identity.rule import Rules, parse
from samdrift.identity.school import School

Say = Callable[[str], None]
KEPT = 500
"""Changes after which the ledger is written: what a killed run has to find again."""


@dataclass(frozen=True)
class Config:
    """`/etc/samdrift/accounts.json`."""

    domain: str
    """DNS domain of the directory."""
    hosts: list[str]
    user: str
    password: str = field(repr=False)
    person_key: str = field(repr=False)
    """Secret of `entry.person_key`."""
    ca_file: str
    members: list[dict[str, Any]] = field(repr=False)
    rules: dict[str, Any] = field(repr=False)
    registers: str
    state: str

    @classmethod
    def read(cls, path: Path) -> Config:
        """Return the configuration."""
        return cls(**json.loads(path.read_text()))


class UnknownMember(LookupError):
    """Neither a member nor one that has left and still has accounts; one sentence."""


class Store(Protocol):
    """What a cycle needs of a directory."""

    def present(self) -> Contents:
        """What is there."""

    def apply(self, change: Change) -> None:
        """Do one change; raise where it cannot be done."""

    def finish(self) -> None:
        """Do what could only be done last."""


@dataclass
class Outcome:
    """What a cycle found and did."""

    changes: list[Change] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    guarded: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    done: int = 0

    @property
    def good(self) -> bool:
        """Whether everything could be done."""
        return not (self.faults or self.guarded or self.failed)

    def summary(self) -> str:
        """Counts in one line: `3 join, 1 leave`."""
        counts = Counter(change.verb for change in self.changes)
        return ", ".join(f"{number} {verb}" for verb, number in counts.items()) or "no change"


def gather(
    config: Config, rules: Rules, *, now: datetime, client: Callable[[Mapping[str, Any]], httpx.Client]
) -> tuple[list[Entry], list[Fault]]:
    """Return the entries of every register that can be read, and the faults of those that cannot.

    A member one of whose registers is at fault has no entries at all: half of its people is worse than yesterday's.
    """
    domains = frozenset(member["domain"] for member in config.members)
    entries: list[Entry] = []
    faults: list[Fault] = []
    for member in config.members:
        key = member["key"]
        try:
            found = [*_hr(config, rules, key, domains)]
            if member["school"]:
                with client(member) as session:
                    school = School(session, member=key)
                    found += school.entries(secret=config.person_key, domains=domains, today=now.date())
            entries += found
        except RegisterError as error:
            faults += error.faults
    return entries, faults


def _hr(config: Config, rules: Rules, member: str, domains: frozenset[str]) -> tuple[Entry, ...]:
    path = Path(config.registers) / member / "hr" / "hr.csv"
    file = f"{member}/hr.csv"
    try:
        content = path.read_bytes()
    except OSError as error:
        fault = Fault(member, file, 0, "file", error.strerror or str(error), f"an export at {path} is needed")
        raise RegisterError((fault,)) from None
    return hr.read(content, member=member, file=file, rules=rules, domains=domains, secret=config.person_key)


def school_client(member: Mapping[str, Any]) -> httpx.Client:
    """Return the client of a member's school register; the address ends in a slash, so that paths are below it."""
    headers = {"Authorization": f"Bearer {member['school_token']}"}
    return httpx.Client(base_url=member["school"], headers=headers, timeout=30, follow_redirects=False)


def compare(
    config: Config, entries: list[Entry], faults: list[Fault], ledger: Ledger, present: Contents, *, now: datetime
) -> tuple[Desired, list[Change], list[Fault]]:
    """Return what shall be, what differs, and all faults; members with a fault are left as they are."""
    rules = parse(config.rules)
    members = {one["key"]: Member(one["key"], one["name"], one["domain"]) for one in config.members}
    found = list(faults)
    while True:
        held = frozenset(fault.member for fault in found)
        wanted = desired(
            (one for one in entries if one.member not in held),
            members=members, rules=rules, ledger=ledger, domain=config.domain, today=now.date(),
        )  # fmt: skip
        # An address in two registers holds both members, and each may clash with a third.
        if not wanted.faults:
            return wanted, difference(wanted, present, rules=rules, now=now, held=held), sorted(found)
        found += wanted.faults


def run(
    config: Config,
    store: Store,
    *,
    now: datetime,
    applying: bool,
    only: str | None = None,
    override: str | None = None,
    client: Callable[[Mapping[str, Any]], httpx.Client] = school_client,
) -> Outcome:
    """Compare, and when `applying` put right; `only` one member's; `override`: why the guard shall let a crowd go.

    Raises: UnknownMember where `only` is neither a member nor one that has left and still has accounts.
    """
    rules, state = parse(config.rules), Path(config.state)
    present = store.present()
    known = {one["key"] for one in config.members} | {one.member for one in present.accounts.values() if one.key}
    if only and only not in known:
        raise UnknownMember(f"no member {only!r}; there are: {', '.join(sorted(known))}")
    entries, faults = gather(config, rules, now=now, client=client)
    there = [one for one in present.accounts.values() if one.key]
    ledger = read_ledger(state).known((one.key, one.name, one.attributes.get("mail", "")) for one in there)
    wanted, changes, faults = compare(config, entries, faults, ledger, present, now=now)
    outcome = Outcome(faults=[one for one in faults if only in (None, one.member)])
    if not override:
        outcome.guarded = {m: why for m, why in tripped(changes, present, rules).items() if only in (None, m)}
    outcome.changes = [one for one in changes if one.member not in outcome.guarded and only in (None, one.member)]
    if only:
        # The federation's own groups hold every member's: a member that is new is in them at once.
        outcome.changes += [one for one in changes if not one.member]
    if applying:
        _apply(outcome, store, wanted.ledger, state, now=now, override=override)
    return outcome


def _apply(outcome: Outcome, store: Store, ledger: Ledger, state: Path, *, now: datetime, override: str | None) -> None:
    journal = Journal(state / "journal.jsonl")
    try:
        for fault in outcome.faults:
            journal.write(now, "held", member=fault.member, why=str(fault))
        for member, why in outcome.guarded.items():
            journal.write(now, "guarded", member=member, why=why)
        if override and outcome.changes:
            journal.write(now, "override", why=override)
        for number, change in enumerate(outcome.changes, start=1):
            try:
                store.apply(change)
            except Exception as error:  # one account that cannot be made must not keep the others from work
                outcome.failed.append(str(error))
                journal.write(now, "failed", **change.record(), error=str(error))
                continue
            ledger = settled(ledger, change, now=now)
            outcome.done += 1
            journal.write(now, "done", **change.record())
            if number % KEPT == 0:
                write_ledger(state, ledger)
        try:
            store.finish()
        except Exception as error:
            outcome.failed.append(str(error))
            journal.write(now, "failed", error=str(error))
    finally:
        write_ledger(state, ledger)
        journal.close()


def read_ledger(state: Path) -> Ledger:
    """Return the ledger, an empty one at first."""
    path = state / "ledger.json"
    return Ledger.parse(path.read_text()) if path.exists() else Ledger()


def write_ledger(state: Path, ledger: Ledger) -> None:
    """Write it whole or not at all."""
    part = state / ".ledger.json"
    part.write_text(ledger.text())
    part.chmod(0o600)
    part.replace(state / "ledger.json")


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Hold the lock: the timer's cycle and a person's wait for each other."""
    with os.fdopen(os.open(state / ".lock", os.O_WRONLY | os.O_CREAT, 0o600), "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
