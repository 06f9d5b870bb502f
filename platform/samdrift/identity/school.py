"""The school register: pupils through an API of SS 12000:2020 (organisations, persons, groups).

Only what the standard says is used: `GET /organisations`, `/persons`, `/groups`, answers `{"data": [...],
"pageToken": ...}`, a page size `limit`, and a page token that is sent alone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx

from samdrift.identity.entry import Entry, person_key
from samdrift.identity.fault import Fault, RegisterError
from samdrift.identity.hr import ADDRESS, ID, PERSONAL_NUMBER, TEXT

LIMIT = 500
"""Objects a page."""
MOST_PAGES = 2000
"""A register that always has one more page is broken: a million objects are more than any member has."""
TRIES = 3
BUSY = (429, 502, 503, 504)
"""Answers after which one tries again."""
LOCAL_ID = "local"
"""`context` of the external identifier that is the register's own number of the person."""
OPEN = "Ingen"
"""`securityMarking` of everybody whose identity is not protected."""


class School:
    """One member's school register."""

    def __init__(
        self, client: httpx.Client, *, member: str, pause: Callable[[float], None] = time.sleep, limit: int = LIMIT
    ) -> None:
        """`client` has the API's base address and the token."""
        self._client, self._member, self._pause, self._limit = client, member, pause, limit

    def objects(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield every object of a path, page by page.

        Raises: RegisterError where the API refuses, stays silent, or answers something else than the standard says.
        """
        parameters: dict[str, Any] = {"limit": self._limit}
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            page = self._page(path, parameters)
            data, token = page.get("data"), page.get("pageToken")
            if not isinstance(data, list) or not all(isinstance(one, dict) and one.get("id") for one in data):
                raise self._error(path, str(page)[:TEXT], '{"data": [{"id": ...}, ...], "pageToken": ...} is accepted')
            yield from data
            if not token:
                return
            if token in seen:
                raise self._error(path, f"page token {token} again", "another token for each page is accepted")
            seen.add(token)
            parameters = {"pageToken": token}
        raise self._error(path, f"more than {MOST_PAGES} pages", "an end is accepted")

    def _page(self, path: str, parameters: dict[str, Any]) -> dict[str, Any]:
        reason = ""
        for attempt in range(TRIES):
            if attempt:
                self._pause(2.0**attempt)
            try:
                answer = self._client.get(path, params=parameters)
            except httpx.HTTPError as error:
                reason = f"{type(error).__name__}: {error}"
                continue
            if answer.status_code in BUSY:
                reason = f"{answer.status_code} {answer.reason_phrase}"
                continue
            if answer.is_error:
                raise self._error(path, f"{answer.status_code} {answer.text[:TEXT]}", "200 is accepted")
            try:
                page = answer.json()
            except ValueError:
                raise self._error(path, answer.text[:TEXT], "JSON is accepted") from None
            if not isinstance(page, dict):
                raise self._error(path, str(page)[:TEXT], "a JSON object is accepted")
            return page
        raise self._error(path, reason, f"an answer within {TRIES} tries is accepted")

    def _error(self, path: str, found: str, accepted: str) -> RegisterError:
        return RegisterError((Fault(self._member, f"{self._client.base_url}{path}", 0, "answer", found, accepted),))

    def entries(self, *, secret: str, domains: frozenset[str], today: date) -> tuple[Entry, ...]:
        """Return every pupil with a living enrolment.

        Raises: RegisterError with every fault; one object at fault is enough to apply nothing.
        """
        units = {one["id"]: str(one.get("displayName", "")) for one in self.objects("/organisations")}
        classes: dict[str, list[str]] = {}
        for group in self.objects("/groups"):
            if group.get("groupType") == "Klass" and _is_now(group, today):
                for one in group.get("groupMemberships") or ():
                    if _is_now(one, today):
                        classes.setdefault(_reference(one.get("person")), []).append(str(group.get("displayName", "")))
        faults: list[Fault] = []
        found = []
        for number, person in enumerate(self.objects("/persons"), start=1):
            enrolled = [
                one for one in person.get("enrolments") or () if not one.get("cancelled") and _is_now(one, today)
            ]
            if not enrolled or person.get("personStatus", "Aktiv") != "Aktiv":
                continue
            place = Fault(self._member, f"{self._client.base_url}/persons", number, "", "", "")
            faults += _faults(person, enrolled, units, domains, place)
            unit = units.get(_reference(enrolled[0].get("enroledAt")), "")
            found.append(self._entry(person, unit, classes.get(person["id"], []), secret, number))
        if not found and not faults:
            raise self._error("/persons", "no pupil with a living enrolment", "at least one is accepted")
        if faults:
            raise RegisterError(tuple(sorted(faults)))
        return tuple(found)

    def _entry(self, person: dict[str, Any], unit: str, classes: list[str], secret: str, number: int) -> Entry:
        civic = str((person.get("civicNo") or {}).get("value") or "")
        return Entry(
            member=self._member,
            id=_local_id(person),
            key=person_key(secret, personal_number=civic, register=f"school/{self._member}/{person['id']}"),
            kind="pupils",
            first=str(person.get("givenName", "")).strip(),
            last=str(person.get("familyName", "")).strip(),
            unit=unit,
            classes=tuple(sorted(set(classes))),
            mail=_address(person),
            protected=person.get("securityMarking", OPEN) != OPEN,
            file=f"{self._client.base_url}/persons",
            line=number,
        )


def _faults(
    person: dict[str, Any], enrolled: list[dict[str, Any]], units: dict[str, str], domains: frozenset[str], place: Fault
) -> Iterator[Fault]:
    def fault(column: str, found: object, accepted: str) -> Fault:
        return Fault(place.member, place.file, place.line, column, str(found)[:TEXT], accepted)

    for column in ("givenName", "familyName"):
        value = str(person.get(column, "")).strip()
        if not value or len(value) > TEXT or not value.isprintable():
            yield fault(column, value, f"1 to {TEXT} printable characters are accepted")
    civic = str((person.get("civicNo") or {}).get("value") or "")
    if civic and not PERSONAL_NUMBER.fullmatch(civic):
        yield fault("civicNo.value", "...", "12 digits are accepted")
    if not ID.fullmatch(_local_id(person)):
        yield fault("externalIdentifiers", _local_id(person), "1 to 19 of a-z, 0-9 and - are accepted")
    for one in enrolled:
        if _reference(one.get("enroledAt")) not in units:
            yield fault("enrolments.enroledAt", one.get("enroledAt"), "the id of an organisation is accepted")
    address = _address(person)
    if address and not (ADDRESS.fullmatch(address) and address.partition("@")[2] in domains):
        yield fault("emails", address, f"an address in {', '.join(sorted(domains))} is accepted")


def _local_id(person: dict[str, Any]) -> str:
    """The register's own number, or the beginning of the object's identifier, which is as lasting."""
    for one in person.get("externalIdentifiers") or ():
        if one.get("context") == LOCAL_ID:
            return str(one.get("value", ""))
    return re.sub(r"[^a-z0-9]", "", str(person["id"]).lower())[:12]


def _address(person: dict[str, Any]) -> str:
    return next(
        (str(one.get("value", "")).lower() for one in person.get("emails") or () if one.get("type") == "Skola"), ""
    )


def _reference(found: Any) -> str:
    return str(found.get("id", "")) if isinstance(found, dict) else ""


def _is_now(found: dict[str, Any], today: date) -> bool:
    """Whether the period of an object, both ends included, holds today; the standard's dates sort as text."""
    day = today.isoformat()
    return str(found.get("startDate") or day) <= day <= str(found.get("endDate") or day)
