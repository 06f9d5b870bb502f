"""A new member's files from a few answers: a stack file and an inventory, checked before anything is written."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import Field

from samdrift.federation import catalogue, municipality
from samdrift.federation.coherence import KEY_LENGTH
from samdrift.federation.document import read_document
from samdrift.federation.load import load_federation
from samdrift.federation.mistake import LoadError, Mistake
from samdrift.federation.record import Domain, Federation, InventoryItem, Label, Orderer, People, Record
from samdrift.federation.schema import record_of

_FILES = {"member.yaml.j2": "Pulumi.{federation}.{key}.yaml", "inventory.yaml.j2": "inventory/{key}.yaml"}


class MemberAnswers(Record):
    """What must be known of a municipality that joins. Categories without a row in `inventory` stay `unknown`."""

    name: str = Field(pattern=r"^\w[\w '-]{0,38}\w$", description="the municipality's official name")
    code: str
    """Four digits in quotes."""
    synthetic: bool = False
    key: Label
    """Short name in stack and host names; follows from `name` where it is left out."""
    domain: Domain
    orderer: Orderer
    services: tuple[str, ...] = ()
    people: People | None = None
    inventory: tuple[InventoryItem, ...] = ()
    """`id` and `owner` of a row may be left out."""


def key_of(name: str) -> str:
    """A member's short name from its official one.

    >>> key_of("Upplands Väsby"), key_of("Östra Göinge")
    ('upplandsvas', 'ostragoinge')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]", "", plain)[:KEY_LENGTH]


def read_answers(path: Path) -> MemberAnswers:
    """Answers from a YAML file. Raises: LoadError with every mistake in it."""
    if not path.is_file():
        raise LoadError((Mistake(str(path), 0, "", "no such file", "a YAML file of answers"),))
    document, mistakes = read_document(path, shown_as=path.name)
    if mistakes:
        raise LoadError(tuple(mistakes))
    answers, found = record_of(MemberAnswers, replace(document, value=_completed(document.value)))
    if answers is None:
        raise LoadError(tuple(found))
    return answers


def ask(federation: Federation, prompt: Callable[..., str]) -> MemberAnswers:
    """Answers from a person. `prompt(text, default=...)` puts one question and returns the answer as text.

    Raises: LoadError where the name is no municipality's, or an answer does not fit.
    """
    name = prompt("Municipality, by its official name").strip()
    found = [row for row in municipality.official().values() if row.name.casefold() == name.casefold()]
    if not found:
        near = get_close_matches(name, [row.name for row in municipality.official().values()], n=1)
        accepted = "an official name" + (f" (did you mean {near[0]}?)" if near else "")
        raise LoadError((Mistake("answers", 0, "name", repr(name), accepted),))
    key = key_of(found[0].name)
    if any(stack.key == key for stack in federation.stacks):  # Habo and Håbo
        key = f"{key[: KEY_LENGTH - 4]}{found[0].code}"
    key = prompt("Short name, for stack and hosts", default=key)
    domain = prompt("Mail and web domain", default=f"{key}.se")
    title = prompt("Title of the orderer (not of the operating organisation)", default="IT-strateg")
    mail = prompt("The orderer's mailbox, in the member's domain", default=f"bestallare@{domain}")
    services, rows = [], []
    for service in (catalogue.BY_NAME[name] for name in catalogue.OFFERED):
        if prompt(f"Switch on {service.name} ({service.title}) [yes/no]", default="yes").strip().lower() in {
            "y",
            "yes",
        }:
            services.append(service.name)
            rows += [_ask_row(category, service.name, prompt) for category in service.replaces]
    plain = {
        "name": found[0].name,
        "code": found[0].code,
        "key": key,
        "domain": domain,
        "orderer": {"title": title, "mail": mail},
        "services": services,
        "inventory": rows,
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answers"
        file.write_text(json.dumps(plain), encoding="utf-8")
        return read_answers(file)


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
    answers: MemberAnswers, federation: Federation, stacks_dir: Path, *, today: date | None = None
) -> tuple[Mistake, ...]:
    """What would be wrong with the federation if this member's files were added; nothing is written to `stacks_dir`."""
    files = render_member(answers, federation, templates=stacks_dir / "template")
    taken = [path for path in files if (stacks_dir / path).exists()]
    if taken:
        accepted = "a key that no member has"
        return tuple(
            Mistake(f"{stacks_dir.name}/{path}", 0, "", "a file that is there already", accepted) for path in taken
        )
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / stacks_dir.name
        shutil.copytree(stacks_dir, trial)
        _write(files, trial)
        try:
            load_federation(trial, federation.name, today=today)
        except LoadError as error:
            return error.mistakes
    return ()


def write_member(
    answers: MemberAnswers, federation: Federation, stacks_dir: Path, *, today: date | None = None
) -> tuple[Path, ...]:
    """Write the new member's files and return their paths. Raises: LoadError, and then nothing was written."""
    mistakes = check_member(answers, federation, stacks_dir, today=today)
    if mistakes:
        raise LoadError(mistakes)
    return _write(render_member(answers, federation, templates=stacks_dir / "template"), stacks_dir)


def _write(files: dict[str, str], stacks_dir: Path) -> tuple[Path, ...]:
    for path, text in files.items():
        (stacks_dir / path).parent.mkdir(parents=True, exist_ok=True)
        (stacks_dir / path).write_text(text, encoding="utf-8")
    return tuple(stacks_dir / path for path in files)


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


def _ask_row(category: str, service: str, prompt: Callable[..., str]) -> dict[str, Any]:
    title = catalogue.CATEGORIES[category]
    product = prompt(f"{title} today: product", default="unknown")
    decided_by = prompt(
        f"Who decided that {service} replaces it (no name: not decided, and {service} is refused)", default="-"
    )
    row = {
        "category": category,
        "product": product,
        "source": "The municipality's answer when it joined",
        "confidence": "unknown" if product == "unknown" else "stated",
    }
    if decided_by.strip() not in {"", "-"}:
        row |= {"decision": "replace", "decided_by": decided_by.strip(), "target_service": service}
    return row
