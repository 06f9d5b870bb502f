"""The HR export: a CSV file for each member. Columns are explained in docs/accounts.md."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from samdrift.identity.entry import GROUPS, Entry, person_key
from samdrift.identity.fault import Fault, RegisterError
from samdrift.identity.rule import Rules

COLUMNS = (
    "id", "personal_number", "first_name", "last_name", "group", "unit", "title", "manager", "starts", "ends", "mail",
    "protected",
)  # fmt: skip
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,18}")
# With letters in the ninth and tenth place it is a temporary one (SS 12000).
PERSONAL_NUMBER = re.compile(r"[0-9]{8}[A-Z0-9]{2}[0-9]{2}")
ADDRESS = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?@[a-z0-9.-]+")
TEXT = 64
"""Characters of a name, unit or title: what the directory's attributes hold (rangeUpper of givenName, sn, title)."""


def read(
    content: bytes, *, member: str, file: str, rules: Rules, domains: Collection[str], secret: str
) -> tuple[Entry, ...]:
    """Return the entries of one export.

    `domains`: mail domains of the federation; an address the register gives is in one of them.
    Raises: RegisterError with every fault of the file.
    """
    reader = _Reader(member, file, rules, frozenset(domains), secret)
    entries = tuple(reader.entries(content))
    if reader.faults:
        raise RegisterError(tuple(sorted(reader.faults)))
    return entries


@dataclass
class _Reader:
    member: str
    file: str
    rules: Rules
    domains: frozenset[str]
    secret: str

    def __post_init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, line: int, column: str, found: str, accepted: str) -> None:
        self.faults.append(Fault(self.member, self.file, line, column, found[:TEXT], accepted))

    def entries(self, content: bytes) -> Iterator[Entry]:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            self.fault(line, "encoding", repr(content[error.start : error.end]), "UTF-8 is accepted")
            return
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
        found: list[tuple[Entry, str]] = []
        seen: dict[str, int] = {}
        try:
            header = next(rows, [])
            if tuple(header) != COLUMNS:
                self.fault(1, "header", ";".join(header), f"{';'.join(COLUMNS)} is accepted")
                return
            for row in rows:
                line = rows.line_num
                if not row:
                    continue
                if len(row) != len(COLUMNS):
                    self.fault(line, "row", f"{len(row)} fields", f"{len(COLUMNS)} fields are accepted")
                    continue
                values = {column: value.strip() for column, value in zip(COLUMNS, row, strict=True)}
                entry = self.entry(values, line)
                if first := seen.get(entry.id):
                    self.fault(line, "id", entry.id, f"each id stands once; it is on line {first} too")
                seen.setdefault(entry.id, line)
                found.append((entry, values["manager"]))
        except csv.Error as error:
            self.fault(rows.line_num, "row", str(error), 'fields parted by ; and quoted with " are accepted')
            return
        if not found:
            self.fault(0, "rows", "none", "an export has at least one person: an empty one is a broken one")
        for entry, manager in found:
            if manager and manager not in seen:
                self.fault(entry.line, "manager", manager, "the id of another row is accepted, or nothing")
            yield entry

    def entry(self, row: dict[str, str], line: int) -> Entry:
        def check(column: str, good: bool, accepted: str) -> str:
            if not good:
                # A personal number is told to nobody, not even when it is wrong.
                self.fault(line, column, "..." if column == "personal_number" else row[column], accepted)
            return row[column]

        number = row["personal_number"].replace("-", "")
        check("id", bool(ID.fullmatch(row["id"])), "1 to 19 of a-z, 0-9 and - are accepted")
        check("personal_number", not number or bool(PERSONAL_NUMBER.fullmatch(number)), "12 digits are accepted")
        group = check("group", row["group"] in GROUPS, f"{', '.join(GROUPS)} are accepted")
        kind = GROUPS.get(group, "staff")
        for column in ("first_name", "last_name"):
            check(column, bool(row[column]) and _is_text(row[column]), f"1 to {TEXT} printable characters are accepted")
        for column in ("unit", "title"):
            check(column, _is_text(row[column]), f"at most {TEXT} printable characters are accepted")
        days = {}
        for column in ("starts", "ends"):
            check(column, _is_date(row[column]), "a date such as 2027-06-30 is accepted")
            days[column] = date.fromisoformat(row[column]) if row[column] and _is_date(row[column]) else None
        starts, ends = days["starts"], days["ends"]
        if ends is None and not row["ends"] and self.rules.kinds[kind].ends:
            check("ends", False, f"a last day is needed of every {group}")
        if starts and ends and ends < starts:
            check("ends", False, f"a day not before {starts} is accepted")
        address, protected = row["mail"].lower(), row["protected"].lower()
        well_formed = bool(ADDRESS.fullmatch(address)) and address.partition("@")[2] in self.domains
        check("mail", not address or well_formed, f"an address in {', '.join(sorted(self.domains))} is accepted")
        check("protected", protected in ("", "yes", "no"), "yes, no or nothing is accepted")
        return Entry(
            member=self.member,
            id=row["id"],
            key=person_key(self.secret, personal_number=number, register=f"hr/{self.member}/{row['id']}"),
            kind=kind,
            first=row["first_name"],
            last=row["last_name"],
            unit=row["unit"],
            title=row["title"],
            manager=row["manager"],
            starts=starts,
            ends=ends,
            mail=address,
            protected=protected == "yes",
            file=self.file,
            line=line,
        )


def _is_date(text: str) -> bool:
    try:
        return not text or bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_text(value: str) -> bool:
    return len(value) <= TEXT and value.isprintable()
