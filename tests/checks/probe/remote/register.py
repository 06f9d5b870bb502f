"""The registers of a member, on the host that reads them: put people in, take them out.

The personnel system's export is a file there; the school register is the stub's, whose objects are files too.
"""

import csv
import fcntl
import io
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

REGISTERS = Path("/srv/registers")
JOURNAL = Path("/var/lib/samdrift/accounts/journal.jsonl")
UNIT = "samdrift-accounts"


def put(*, member: str, row: dict[str, str]) -> None:
    """Put a row into the member's export, in place of one with its id."""
    with _alone(member):
        columns, rows = _read(member)
        _write(member, columns, [one for one in rows if one["id"] != row["id"]] + [dict.fromkeys(columns, "") | row])


def drop(*, member: str, id: str) -> None:
    """Take a row out of the member's export."""
    with _alone(member):
        columns, rows = _read(member)
        _write(member, columns, [one for one in rows if one["id"] != id])


def enrol(*, member: str, id: str, first: str, last: str) -> str:
    """Put a pupil into the member's school register, at the first school of it; return the school's name."""
    folder = REGISTERS / member / "school"
    school = next(
        one for one in json.loads((folder / "organisations.json").read_text()) if one["organisationType"] == "Skolenhet"
    )
    with _alone(member):
        persons = json.loads((folder / "persons.json").read_text())
        persons.append(
            {
                "id": f"probe-{id}",
                "givenName": first,
                "familyName": last,
                "personStatus": "Aktiv",
                "externalIdentifiers": [{"value": id, "context": "local", "globallyUnique": False}],
                "enrolments": [{"enroledAt": {"id": school["id"]}, "startDate": "2020-08-01"}],
            }
        )
        _replace(folder / "persons.json", json.dumps(persons))
    return str(school["displayName"])


def unenrol(*, member: str, id: str) -> None:
    """Take a pupil out of the member's school register."""
    file = REGISTERS / member / "school" / "persons.json"
    with _alone(member):
        _replace(file, json.dumps([one for one in json.loads(file.read_text()) if one["id"] != f"probe-{id}"]))


def timer() -> dict[str, Any]:
    """Whether the timer runs cycles by itself, and how many seconds lie between them."""
    shown = subprocess.run(
        ["systemctl", "show", "-p", "ActiveState,UnitFileState,TimersMonotonic", f"{UNIT}.timer"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found = re.search(r"OnUnitInactiveUSec=(?:(\d+)h ?)?(?:(\d+)min ?)?(?:(\d+)s)?", shown)
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    alive = "ActiveState=active" in shown and "UnitFileState=enabled" in shown
    return {"alive": alive and found is not None, "seconds": hours * 3600 + minutes * 60 + seconds}


def journal(*, word: str) -> list[dict[str, Any]]:
    """Return the lines of the journal that hold the word."""
    with JOURNAL.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if word in line]


def _export(member: str) -> Path:
    return REGISTERS / member / "hr" / "hr.csv"


def _read(member: str) -> tuple[list[str], list[dict[str, str]]]:
    rows = csv.DictReader(io.StringIO(_export(member).read_text(encoding="utf-8-sig")), delimiter=";")
    return list(rows.fieldnames or ()), list(rows)


def _write(member: str, columns: list[str], rows: list[dict[str, str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    _replace(_export(member), text.getvalue())


@contextmanager
def _alone(member: str) -> Iterator[None]:
    """Checks that run beside each other do not undo each other's rows."""
    folder = os.open(REGISTERS / member, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _replace(file: Path, text: str) -> None:
    """As a delivery does: whole or not at all, with the owner and mode of the old one."""
    part, old = file.with_name(f".{file.name}.new"), file.stat()
    part.write_text(text, encoding="utf-8")
    os.chown(part, old.st_uid, old.st_gid)
    part.chmod(old.st_mode & 0o777)
    part.replace(file)
