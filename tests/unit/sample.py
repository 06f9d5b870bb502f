"""Federations for unit tests: the default one, copies of its files to break, and generated members."""

from __future__ import annotations

import re
import shutil
from datetime import date
from functools import cache
from pathlib import Path

from samdrift.federation import municipality
from samdrift.federation.load import load_federation
from samdrift.federation.mistake import LoadError, Mistake
from samdrift.federation.record import Federation, Flow, Member

ROOT = Path(__file__).resolve().parents[2]
STACKS = ROOT / "stacks"
TODAY = date(2026, 11, 1)
CODES = (*municipality.official(), *municipality.SYNTHETIC)


@cache
def default_federation() -> Federation:
    """The federation of the project's own stack files."""
    return load_federation(STACKS, today=TODAY)


def copied(folder: Path) -> Path:
    """A copy of the stack files that a test may change; members have two services there, whatever else is offered."""
    stacks = Path(shutil.copytree(STACKS, folder / "stacks"))
    for path in stacks.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"services: \[.*\]", "services: [directory, workplace]", text), encoding="utf-8")
    return stacks


def change(stacks: Path, file: str, old: str, new: str) -> None:
    """Replace a text that must be in the file."""
    path = stacks / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} has no {old!r} any more"
    path.write_text(text.replace(old, new), encoding="utf-8")


def mistakes_of(stacks: Path) -> tuple[Mistake, ...]:
    """What loading reports; none where it loads."""
    try:
        load_federation(stacks, "ystad-osterlen", today=TODAY)
    except LoadError as error:
        return error.mistakes
    return ()


@cache
def member(
    code: str, *, flows: tuple[Flow, ...] = (), services: tuple[str, ...] = ("directory", "workplace")
) -> Member:
    """A member with this code, as its file would say."""
    row = municipality.official().get(code)
    plain = {
        "kind": "member",
        "federation": "ystad-osterlen",
        "key": f"m{code}",
        "file": "-",
        "name": row.name if row else f"Prov {code}",
        "code": code,
        "synthetic": row is None,
        "domain": f"m{code}.example",
        "orderer": {"title": "IT-strateg", "mail": f"bestallare@m{code}.example"},
        "services": services,
        "flows": flows,
    }
    return Member.model_validate(plain)


def with_members(members: tuple[Member, ...], *, flows: tuple[Flow, ...] = ()) -> Federation:
    """The default federation's hall with these members and these flows beside the catalogue's."""
    federation = default_federation()
    hall = federation.hall.model_copy(update={"flows": flows})
    return federation.model_copy(update={"hall": hall, "members": members})
