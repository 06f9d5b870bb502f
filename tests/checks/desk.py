"""The help desk as people meet it: somebody who asks, somebody who answers, and a case that both see."""

from __future__ import annotations

import time
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from samdrift.federation.application import AGENTS
from samdrift.federation.record import Member, Support
from samdrift.federation.support import HOST, MAILBOX
from tests.checks.portal import give_second_factor
from tests.checks.post import people
from tests.checks.register import Person
from tests.checks.scene import Scene

STOCKHOLM = ZoneInfo("Europe/Stockholm")
HOLIDAYS = ("01-01", "01-06", "05-01", "06-06", "12-24", "12-25", "12-26", "12-31")
"""Days off with a fixed date in Sweden, as agreed with every member."""


@dataclass
class Desk:
    """The portal and its API, asked as a person at the own member's workplace."""

    scene: Scene

    @property
    def host(self) -> str:
        """Name of the portal, as people know it."""
        return self.scene.guests[HOST].fqdn

    def address(self, member: Member | None = None) -> str:
        """The desk's address in a member's domain, or its own."""
        return f"{MAILBOX}@{member.domain if member else self.scene.federation.hall.domain}"

    def _probe(self, who: Person, call: str, **facts: Any) -> Any:
        station = self.scene.station(f"{who.member.key}-adm")
        facts |= {"host": self.host, "user": who.name, "password": who.password, "key": who.key}
        return station.ask(call, patience=120.0, **facts)

    def enters(self, who: Person) -> bool:
        """Whether the person signs in to the portal; an earlier session is forgotten."""
        return bool(self._probe(who, "case.enters"))

    def open_case(self, who: Person, subject: str, text: str, *, system: str = "") -> int:
        """Open a case by the portal's form; return its number."""
        told = self._probe(who, "case.open_case", subject=subject, text=text, system=system)
        if not told["case"]:
            raise OSError(f"the portal gives {who.name} no case: {told['page'][-300:]}")
        return int(told["case"])

    def shown(self, who: Person, case: int) -> dict[str, Any]:
        """What the portal shows the person of the case: status code and text."""
        told: dict[str, Any] = self._probe(who, "case.shown", case=case)
        return told

    def api(self, who: Person, path: str, method: str = "GET", body: Any = None) -> dict[str, Any]:
        """Ask the API as the person: `code` and `answer`."""
        told: dict[str, Any] = self._probe(who, "case.ask", path=path, method=method, body=body)
        return told

    def case(self, who: Person, number: int) -> dict[str, Any]:
        """A case as somebody of the desk sees it; OSError where they do not."""
        told = self.api(who, f"/ticket/{number}")
        if told["code"] != 200:
            raise OSError(f"{who.name} does not see case {number}: {told['code']} {told['answer']}")
        answer: dict[str, Any] = told["answer"]
        return answer

    def cases(self, who: Person, query: str) -> list[dict[str, Any]]:
        """Every case that a query finds, with the fields that checks need."""
        fields = "Status,Subject,Queue,CustomFields"
        found: list[dict[str, Any]] = []
        while True:
            page = len(found) // 100 + 1
            words = urllib.parse.urlencode({"query": query, "per_page": 100, "page": page, "fields": fields})
            told = self.api(who, f"/tickets?{words}&fields[Queue]=Name")
            if told["code"] != 200:
                raise OSError(f"{who.name} may not search: {told['code']} {told['answer']}")
            found += told["answer"]["items"]
            if len(found) >= told["answer"]["total"] or not told["answer"]["items"]:
                return found

    def wait_for_case(self, who: Person, word: str, *, seconds: float) -> list[dict[str, Any]]:
        """The cases with this word in their subject, as soon as there is one."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.cases(who, f"Subject LIKE '{word}'")
            if found or time.monotonic() > deadline:
                return found
            time.sleep(2)

    def wait_for_status(self, who: Person, number: int, status: str, *, seconds: float) -> bool:
        """Whether the case gets this status within the time."""
        deadline = time.monotonic() + seconds
        while self.case(who, number)["Status"] != status:
            if time.monotonic() > deadline:
                return False
            time.sleep(2)
        return True

    def answer(self, who: Person, case: int, text: str, *, internal: bool = False) -> bool:
        """Write to the user, or in the desk only; tell whether that was taken."""
        body = {"Content": text, "ContentType": "text/plain"}
        kind = "comment" if internal else "correspond"
        return bool(self.api(who, f"/ticket/{case}/{kind}", "POST", body)["code"] == 201)

    def change(self, who: Person, case: int, **fields: Any) -> list[str]:
        """Change fields of a case; return what the desk said to each."""
        told = self.api(who, f"/ticket/{case}", "PUT", fields)
        return [str(one) for one in told["answer"]] if isinstance(told["answer"], list) else [str(told["answer"])]

    def history(self, who: Person, case: int) -> str:
        """Everything that was written in the case, as somebody of the desk reads it."""
        told = self.api(who, f"/ticket/{case}/attachments?per_page=100&fields=Subject,Content")
        return "\n".join(f"{one['Subject']}\n{one['Content']}" for one in told["answer"]["items"])


@contextmanager
def agents(scene: Scene, members: Sequence[Member], *groups: str) -> Iterator[list[Person]]:
    """Somebody new at each of the members who answers cases; the desk has been told by the directory.

    Who answers cases is privileged, and comes into the portal with a second factor.
    """
    with people(scene, members) as made:
        found = [replace(one, key=give_second_factor(scene, one)) for one in made]
        for one in found:
            for group in groups or (AGENTS,):
                command = ["samba-tool", "group", "addmembers", group, one.name]
                done = scene.station("dc1").ask("shell.run", command=command, patience=60.0)
                if done["code"] != 0:
                    raise OSError(f"{one.name} does not get into {group}: {done['err']}")
        tell_people(scene)
        try:
            yield found
        finally:
            for one in found:
                command = ["samba-tool", "group", "removemembers", AGENTS, one.name]
                scene.station("dc1").ask("shell.run", command=command, patience=60.0)


def tell_people(scene: Scene) -> None:
    """Have the desk ask the directory now who answers cases; by itself it does so every other minute."""
    run_job(scene, "people")


def run_job(scene: Scene, job: str) -> None:
    """Run one of the desk's own jobs now, and wait for its end."""
    done = scene.station(HOST).ask("unit.run", unit=f"samdrift-helpdesk-{job}.service", patience=120.0)
    if done["code"] != 0:
        raise OSError(f"the job {job} fails on {HOST}: {done['err']}")


def by_when(begun: datetime, minutes: int, support: Support, *, always: bool) -> datetime:
    """When so many minutes of the agreed hours are over, counted here and not asked of the desk."""
    if always:
        return begun + timedelta(minutes=minutes)
    opens, closes = (datetime.strptime(text, "%H:%M").time() for text in (support.opens, support.closes))
    left, moment = timedelta(minutes=minutes), begun.astimezone(STOCKHOLM)
    while True:
        first, last = (moment.replace(hour=one.hour, minute=one.minute, second=0) for one in (opens, closes))
        moment = max(moment, first)
        works = moment.weekday() < 5 and f"{moment:%m-%d}" not in HOLIDAYS
        if works and moment < last:
            # Across a change of the clock the difference is counted in real time.
            there = last.astimezone(UTC) - moment.astimezone(UTC)
            if left <= there:
                return (moment.astimezone(UTC) + left).astimezone(UTC)
            left -= there
        moment = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0)
