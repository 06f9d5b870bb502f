"""People as the registers have them: put in, waited for by a cycle of the platform's own, and taken out afterwards."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from samdrift.compliance.evidence import Evidence
from samdrift.federation.application import PORTAL
from samdrift.federation.entitlement import kinds
from samdrift.federation.record import Member
from tests.checks.scene import Scene

HOST = "accounts"
CYCLE = "samdrift-accounts.service"
DIRECTORIES = ("dc1", "dc2")
REPLICATION = 120.0
GROUPS = {
    "staff": "employee", "elected": "elected", "consultants": "consultant", "contractors": "contractor",
    "pupils": "pupil",
}  # fmt: skip
"""Kind of account, and the target group as a register writes it."""
FIRST = "Nonce"


@dataclass(frozen=True)
class Person:
    """Somebody whom nobody knew before this run."""

    member: Member
    kind: str
    id: str
    password: str
    address: str = field(default="", kw_only=True)
    """Where mail reaches the person, by the agreed rule; empty before the account is made, and for who has none."""
    key: str = field(default="", kw_only=True)
    """Of the second factor, where the person has one."""

    @property
    def last_name(self) -> str:
        """As a register has it: nobody else's, so that the address is nobody else's either."""
        return f"Probe-{self.id}"

    @property
    def name(self) -> str:
        """Account name: by the agreed rule, the member and the register's number."""
        return f"{self.member.key}.{self.id}"


def new_person(member: Member, kind: str) -> Person:
    """Return somebody with a number that no register has."""
    return Person(member, kind, f"q{secrets.token_hex(3)}", f"Aa1-{secrets.token_urlsafe(18)}")


@dataclass
class Registers:
    """The members' registers, and the platform's cycle."""

    scene: Scene

    def _ask(self, call: str, **facts: Any) -> Any:
        return self.scene.station(HOST).ask(f"register.{call}", patience=360.0, **facts)

    def put(self, one: Person, **columns: str) -> None:
        """Put the person into the register that its kind is kept in."""
        if one.kind == "pupils":
            self._ask("enrol", member=one.member.key, id=one.id, first=FIRST, last=one.last_name)
            return
        ends = {} if one.kind in ("staff", "elected") else {"ends": f"{date.today() + timedelta(days=90)}"}
        plain = {"id": one.id, "first_name": FIRST, "last_name": one.last_name, "group": GROUPS[one.kind]}
        self._ask("put", member=one.member.key, row=plain | ends | columns)

    def drop(self, one: Person) -> None:
        """Take the person out."""
        self._ask("unenrol" if one.kind == "pupils" else "drop", member=one.member.key, id=one.id)

    def cycle(self) -> float:
        """Have a cycle as the timer has it; return its seconds. OSError where it does not end well."""
        told = self.scene.station(HOST).ask("unit.run", unit=CYCLE, patience=360.0)
        if told["result"] not in ("success", "exit-code"):
            raise OSError(f"a cycle of accounts ends with {told}")
        return float(told["seconds"])

    def await_end(self) -> None:
        """Wait until no cycle runs."""
        self.scene.station(HOST).ask("unit.await_end", unit=CYCLE, patience=360.0)

    def minutes(self) -> float | None:
        """Minutes after which a changed register is seen at the latest; None: by hand only."""
        told = self._ask("timer")
        return told["seconds"] / 60 if told["alive"] else None

    def journal(self, word: str) -> list[dict[str, Any]]:
        """Lines of the journal with this word."""
        found: list[dict[str, Any]] = self._ask("journal", word=word)
        return found

    def give_passwords(self, people: Sequence[Person]) -> None:
        """What the help desk does for who is new."""
        for one in people:
            self.scene.station("dc1").ask("account.set_password", name=one.name, password=one.password)

    @property
    def _version(self) -> str:
        return self.scene.federation.hall.agreement.version

    def accept(self, one: Person) -> None:
        """Note that the person accepted the user agreement, as the portal does; OSError where that is not taken."""
        deadline = time.monotonic() + REPLICATION
        # The recorder asks whichever directory host answers it, which may not know the person yet.
        portal = self.scene.station(PORTAL)
        while (told := portal.ask("agreement.accept", user=one.name, version=self._version, patience=60.0)) != "noted":
            if time.monotonic() > deadline:
                raise OSError(f"the acceptance of {one.name} is not noted: {told}")
            time.sleep(1)

    def as_known(self, one: Person, *, accepted: bool) -> Person:
        """Wait until both directory hosts know all of the person, the acceptance too; return it with its address."""
        group = f"agreement-{self._version}" if accepted else ""
        origin = self.scene.station("dc1").ask("account.shown", name=one.name, attributes=["mail", "pwdLastSet"])
        for host in DIRECTORIES:
            if not is_known(self.scene, host, one.name, group=group, password_set=origin["pwdLastSet"][0]):
                raise OSError(f"{host} does not know {one.name} within {REPLICATION:g} s")
        return replace(one, address="".join(origin["mail"]))


def is_known(scene: Scene, host: str, name: str, *, group: str = "", password_set: str = "") -> bool:
    """Wait until a directory host knows the account, in this group and with the password of this moment if given."""
    told: bool = scene.station(host).ask(
        "account.wait",
        name=name,
        group=group,
        password_set=password_set,
        seconds=REPLICATION,
        patience=REPLICATION + 15,
    )
    return told


@contextmanager
def joined(
    scene: Scene, people: Sequence[Person], *, accepted: bool = True, **columns: str
) -> Iterator[tuple[Registers, list[Person]]]:
    """Have the people join by the registers, with a password each; afterwards they leave, and leave nothing behind.

    Gives them with their addresses. Who has not `accepted` the user agreement has no way into anything, mail included.
    """
    registers = Registers(scene)
    try:
        for one in people:
            registers.put(one, **columns)
        registers.cycle()
        registers.give_passwords(people)
        for one in people if accepted else ():
            registers.accept(one)
        yield registers, [registers.as_known(one, accepted=accepted) for one in people]
    finally:
        for one in people:
            registers.drop(one)
        # A cycle that had read them would make them anew; the next one finds them nowhere.
        registers.await_end()
        for one in people:
            scene.station("dc1").ask("account.remove", name=one.name)
        with ThreadPoolExecutor() as together:
            list(together.map(partial(_tidy, scene, people), workplaces(scene)))


def _tidy(scene: Scene, people: Sequence[Person], workplace: str) -> None:
    for one in people:
        scene.station(workplace).ask("sign_in.tidy", user=one.name)


def workplaces(scene: Scene) -> list[str]:
    """Every workplace of every member."""
    return [name for name, guest in scene.guests.items() if "workplace" in guest.roles]


def signs_in(scene: Scene, workplace: str, one: Person, *, password: str | None = None) -> bool:
    """Whether the person gets a session at the workplace."""
    told = scene.station(workplace).ask(
        "sign_in.attempt", user=one.name, password=password or one.password, patience=90.0
    )
    return bool(told["step"] == "signed in")


def binds(scene: Scene, place: str, host: str, name: str, password: str) -> bool:
    """Whether LDAP lets a name in, tried from a place."""
    code = scene.station(place).ask("ldap.bind", host=host, name=name, password=password, patience=30.0)
    if code not in (0, 49):
        raise OSError(f"{host} answers a bind with LDAP's result {code}")
    return bool(code == 0)


def directory_name(scene: Scene, host: str) -> str:
    """A directory host as its certificate names it."""
    return f"{host}.{scene.federation.hall.ad_domain}"


def opens_mailbox(scene: Scene, one: Person, *, at: str | None = None) -> bool:
    """Whether the mail store lets the person in, from the member's own workplace."""
    station = scene.station(at or f"{one.member.key}-ped")
    return bool(
        station.ask("door.mailbox", host=scene.guests["mail"].fqdn, user=one.name, password=one.password, patience=60.0)
    )


def automatic(registers: Registers, evidence: Evidence, *, limit: float, seconds: float) -> list[str]:
    """Say how long a change in a register takes at most, without anybody doing anything; a finding where too long."""
    between = registers.minutes()
    if between is None:
        return ["no cycle runs by itself: a change in a register waits for somebody"]
    whole = between + seconds / 60
    evidence.note(f"a cycle every {between:g} min, this one took {seconds:.0f} s: {whole:.1f} min at most")
    return [] if whole <= limit else [f"a change takes up to {whole:.0f} min, agreed are {limit:g}"]


ALL_KINDS = tuple(kinds())
