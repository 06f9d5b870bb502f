"""A new member's files from a few answers: a stack file and an inventory, checked before anything is written."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import unicodedata
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import Field

from samdrift.federation import catalogue
from samdrift.federation.coherence import KEY_LENGTH
from samdrift.federation.document import Document, read_document
from samdrift.federation.document import key_of as key_of_path
from samdrift.federation.load import load_federation
from samdrift.federation.mistake import LoadError, Mistake, shown
from samdrift.federation.record import Domain, Federation, InventoryItem, Label, Orderer, People, Record
from samdrift.federation.schema import record_of

_FILES = {"member.yaml.j2": "Pulumi.{federation}.{key}.yaml", "inventory.yaml.j2": "inventory/{key}.yaml"}


class MemberAnswers(Record):
    """What must be known of a municipality that joins. Categories without a row in `inventory` stay `unknown`."""

    name: str = Field(pattern=r"^\w[\w '-]{0,38}\w$", description="the municipality's official name")
    code: str = Field(pattern=r"^[0-9]{4}$", description='four digits in quotes: "1286"')
    synthetic: bool = False
    key: Label
    """Short name in stack and host names; follows from `name` where it is left out."""
    domain: Domain
    orderer: Orderer
    services: tuple[str, ...] = ()
    people: People | None = None
    """Size of the generated sample; left out, none for a municipality and the hall's for a synthetic member."""
    inventory: tuple[InventoryItem, ...] = ()
    """`id` and `owner` of a row may be left out."""


def key_of(name: str) -> str:
    """A member's short name from its official one.

    >>> key_of("Upplands Väsby"), key_of("Östra Göinge")
    ('upplandsvas', 'ostragoinge')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]", "", plain)[:KEY_LENGTH]


class AnswersError(LoadError):
    """The answers have mistakes: all of them, each at the answer it is about."""

    def __str__(self) -> str:
        count = len(self.mistakes)
        return "\n".join([f"{count} mistake{'s' * (count != 1)} in the answers:", *map(str, self.mistakes)])


def read_answers(path: Path) -> Document:
    """A YAML file of answers, with the line of each. Raises: AnswersError where it cannot be read."""
    if not path.is_file():
        raise AnswersError((Mistake(str(path), 0, "", "no such file", "a YAML file of answers"),))
    document, mistakes = read_document(path, shown_as=path.name)
    if mistakes:
        raise AnswersError(tuple(mistakes))
    return document


def answers_of(document: Document) -> MemberAnswers:
    """The answers as a record, with what follows from others. Raises: AnswersError with every mistake in them."""
    answers, found = record_of(MemberAnswers, replace(document, value=_completed(document.value)))
    if answers is None:
        raise AnswersError(tuple(found))
    return answers


def answers_text(plain: dict[str, Any]) -> str:
    """Answers as the file that `read_answers` reads."""
    return "# Answers for `samdrift onboard --from`.\n" + yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)


def render_member(answers: MemberAnswers, federation: Federation, *, templates: Path) -> dict[str, str]:
    """The new member's files as text, by their path under the directory of stack files."""
    environment = Environment(
        loader=FileSystemLoader(templates), undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True
    )
    environment.filters["quoted"] = _quoted
    facts = {"federation": federation.name, "answers": answers, "rows": _rows(answers)}
    return {
        path.format(federation=federation.name, key=answers.key): environment.get_template(template).render(facts)
        for template, path in _FILES.items()
    }


def check_member(
    document: Document, federation: Federation, stacks_dir: Path, *, today: date | None = None
) -> tuple[Mistake, ...]:
    """What would be wrong with the federation if this member joined; nothing is written to `stacks_dir`.

    A mistake is told at the answer that the wrong line of the trial was made of.
    Raises: AnswersError where the answers by themselves do not fit; LoadError where another member's file stands in
    the way, as a prefix of its own does.
    """
    answers = answers_of(document)
    stacks_dir = stacks_dir.resolve()
    if mistake := _taken(answers, document, federation, stacks_dir):
        return (mistake,)
    files = render_member(answers, federation, templates=stacks_dir / "template")
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / stacks_dir.name
        shutil.copytree(stacks_dir, trial)
        _write(files, trial)
        try:
            load_federation(trial, federation.name, today=today)
        except LoadError as error:
            written = {f"{stacks_dir.name}/{path}" for path in files}
            own = tuple(_told_at_answer(one, answers, document) for one in error.mistakes if one.file in written)
            if not own:
                raise
            return own
    return ()


def write_member(
    document: Document, federation: Federation, stacks_dir: Path, *, today: date | None = None
) -> tuple[Path, ...]:
    """Write the new member's files and return their paths. Raises: LoadError, OSError, and then nothing was written."""
    mistakes = check_member(document, federation, stacks_dir, today=today)
    if mistakes:
        raise AnswersError(mistakes)
    return _write(render_member(answers_of(document), federation, templates=stacks_dir / "template"), stacks_dir)


def _taken(answers: MemberAnswers, document: Document, federation: Federation, stacks_dir: Path) -> Mistake | None:
    """A name or a key that somebody has already."""
    for member in federation.members:
        if member.municipality == answers.name:
            found = f"{shown(answers.name)}, which is a member already ({member.name})"
            return document.mistake(("name",), found=found, accepted="a municipality that is no member yet")
    accepted = "a key that no stack has"
    if answers.key in {"hall", "vault"}:
        return document.mistake(("key",), found=shown(answers.key), accepted=accepted)
    for path in (path.format(federation=federation.name, key=answers.key) for path in _FILES.values()):
        if (stacks_dir / path).exists():
            found = f"{shown(answers.key)}, but {stacks_dir.name}/{path} is there already"
            return document.mistake(("key",), found=found, accepted=accepted)
    return None


def _told_at_answer(mistake: Mistake, answers: MemberAnswers, document: Document) -> Mistake:
    """A mistake in a file that was never written, at the answer that the file's line was made of."""
    key = mistake.key.removeprefix("config.samdrift:stack.")
    if row := re.match(r"items\[(\d+)\]", key):
        # rows that nobody answered come after those that somebody did
        key = f"inventory{key[5:]}" if int(row[1]) < len(answers.inventory) else "inventory"
    elif re.split(r"[.\[]", key)[0] not in MemberAnswers.model_fields:
        key = "key"
    lines = {key_of_path(path): line for path, line in document.lines.items()}
    nearest = key
    while nearest and nearest not in lines:
        nearest = re.sub(r"(^|\.)[^.\[]+$|\[\d+\]$", "", nearest)
    return replace(mistake, file=document.file, line=lines.get(nearest, 0), key=key)


def _write(files: dict[str, str], stacks_dir: Path) -> tuple[Path, ...]:
    """Write all files or none. The stack file, by which a member exists, comes last."""
    parts = {stacks_dir / path: (stacks_dir / path).with_name(f".{Path(path).name}.{os.getpid()}") for path in files}
    begun: list[Path] = []
    try:
        for (path, part), text in zip(parts.items(), files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(text, encoding="utf-8")
        for path, part in reversed(parts.items()):
            begun.append(path)
            part.rename(path)
    except BaseException:
        for path in begun:
            if not parts[path].exists():
                path.unlink(missing_ok=True)
        for part in parts.values():
            part.unlink(missing_ok=True)
        raise
    return tuple(parts)


def _quoted(value: int | str) -> str:
    """A value as one plain value of YAML, whatever an answer holds."""
    if isinstance(value, int):
        return str(value)
    return yaml.safe_dump(value, default_style='"', allow_unicode=True, width=10**6).rstrip("\n")


def _completed(plain: Any) -> Any:
    """The answers with what follows from others: the key from the name, a row's id and owner."""
    if not isinstance(plain, dict) or not isinstance(plain.get("name"), str):
        return plain
    full = {"key": key_of(plain["name"]), **plain}
    if full.get("synthetic") is not True:  # real people come from a register, not from the hall's sample
        full.setdefault("people", {"staff": 0, "pupils": 0})
    rows = full.get("inventory")
    if isinstance(rows, list):
        full["inventory"] = [
            {"id": f"{full['key']}-{row.get('category')}", "owner": full["name"], **row}
            if isinstance(row, dict)
            else row
            for row in rows
        ]
    return full


def _rows(answers: MemberAnswers) -> list[dict[str, Any]]:
    """One row per answered system, and one `unknown` row for every category nobody has answered for."""
    answered = [row.model_dump(mode="json", exclude_defaults=True) for row in answers.inventory]
    known = {row.category for row in answers.inventory}
    silent = [
        {
            "id": f"{answers.key}-{category}",
            "category": category,
            "owner": answers.name,
            "source": "Not asked yet; to be filled in before anything of it moves",
            "confidence": "unknown",
        }
        for category in catalogue.CATEGORIES
        if category not in known
    ]
    return [*answered, *silent]
