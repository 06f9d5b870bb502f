"""Invented people of a member: the same ones for the same member, whatever the other members are."""

from __future__ import annotations

import csv
import io
import random
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from samdrift.identity.desired import letters
from samdrift.identity.hr import COLUMNS

UNITS = (
    ("Kommunledningskontoret", "Handläggare"),
    ("Barn och utbildning", "Lärare"),
    ("Vård och omsorg", "Undersköterska"),
    ("Samhällsbyggnad", "Ingenjör"),
    ("Kultur och fritid", "Bibliotekarie"),
)
SCHOOLS = ("Norra skolan", "Södra skolan")
YEARS = range(1, 10)
OTHERS = {"elected": "e", "consultant": "k", "contractor": "c"}
"""Group, and the letter that its people's numbers begin with; one of each for every `EVERY` of staff."""
EVERY = 20
PROTECTED_EVERY = 97
"""One pupil of so many has a protected identity."""


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist."""

    number: str
    """`s12`: the twelfth of staff."""
    first: str
    last: str

    def address(self, domain: str) -> str:
        """Mail address, unique whatever the name."""
        return f"{letters(self.first)}.{letters(self.last)}.{self.number}@{domain}"


@cache
def _names(file: str) -> list[str]:
    """The most common first names and surnames in Sweden, a line each."""
    return Path(__file__).with_name(file).read_text(encoding="utf-8").split()


def people(member: str, kind: str, letter: str, size: int) -> list[Person]:
    """Return `size` people. One sequence a kind: a larger sample begins with the people of the smaller one."""
    chosen = random.Random(f"{member}/{kind}")
    return [
        Person(f"{letter}{number}", chosen.choice(_names("first_names.txt")), chosen.choice(_names("surnames.txt")))
        for number in range(1, size + 1)
    ]


def export(member: str, domain: str, staff: int, *, today: date) -> str:
    """Return the HR export: staff, and a few of each other group. The first of each unit leads it."""
    text = io.StringIO(newline="")
    rows = csv.DictWriter(text, COLUMNS, restval="", delimiter=";", lineterminator="\n")
    rows.writeheader()
    for index, one in enumerate(people(member, "staff", "s", staff)):
        unit, title = UNITS[index % len(UNITS)]
        leads = index < len(UNITS)
        rows.writerow(
            _row(one, domain, "employee") | {
                "unit": unit,
                "title": "Enhetschef" if leads else title,
                "manager": "" if leads else f"s{index % len(UNITS) + 1}",
            }
        )  # fmt: skip
    for group, letter in OTHERS.items():
        size = -(-staff // EVERY)
        for one in people(member, group, letter, size):
            ends = "" if group == "elected" else f"{today + timedelta(days=365)}"
            rows.writerow(_row(one, domain if group == "elected" else "", group) | {"ends": ends})
    return text.getvalue()


def _row(one: Person, domain: str, group: str) -> dict[str, str]:
    return {
        "id": one.number,
        "first_name": one.first,
        "last_name": one.last,
        "group": group,
        "mail": one.address(domain) if domain else "",
    }


def school(member: str, domain: str, pupils: int) -> dict[str, list[dict[str, Any]]]:
    """Return the objects of the school register, by path (SS 12000:2020)."""

    def number(what: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{what}.{domain}"))

    principal: dict[str, Any] = {"id": number("huvudman"), "displayName": member, "organisationType": "Huvudman"}
    organisations = [principal]
    for place, name in enumerate(SCHOOLS):
        unit = {"id": number(f"skola-{place}"), "displayName": name, "organisationType": "Skolenhet"}
        organisations.append(unit | {"parentOrganisation": {"id": principal["id"]}})
    classes: dict[tuple[int, int], list[dict[str, Any]]] = {}
    persons = []
    for index, one in enumerate(people(member, "pupils", "p", pupils)):
        place, year = index % len(SCHOOLS), YEARS[index // len(SCHOOLS) % len(YEARS)]
        found = {"id": number(one.number)}
        classes.setdefault((place, year), []).append({"person": found, "startDate": "2020-08-01"})
        enrolled = {"enroledAt": {"id": number(f"skola-{place}")}, "schoolYear": year, "startDate": "2020-08-01"}
        protected = index % PROTECTED_EVERY == PROTECTED_EVERY - 1
        persons.append(
            found | {
                "givenName": one.first,
                "familyName": one.last,
                "personStatus": "Aktiv",
                "securityMarking": "Sekretessmarkering" if protected else "Ingen",
                "externalIdentifiers": [{"value": one.number, "context": "local", "globallyUnique": False}],
                "emails": [{"value": one.address(domain), "type": "Skola"}],
                "enrolments": [enrolled],
            }
        )  # fmt: skip
    groups = [
        {
            "id": number(f"klass-{place}-{year}"),
            "displayName": f"{year}A",
            "groupType": "Klass",
            "startDate": "2020-08-01",
            "organisation": {"id": number(f"skola-{place}")},
            "groupMemberships": inside,
        }
        for (place, year), inside in sorted(classes.items())
    ]
    return {"organisations": organisations, "persons": persons, "groups": groups}
