"""The answers for a new member from a person: question by question, each checked when it is given."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from samdrift.federation import catalogue, municipality
from samdrift.federation.coherence import KEY_LENGTH
from samdrift.federation.document import Document, Path_
from samdrift.federation.document import key_of as key_of_path
from samdrift.federation.mistake import LoadError, shown
from samdrift.federation.onboarding import AnswersError, check_member, key_of
from samdrift.federation.record import Federation, Service


def ask(
    federation: Federation,
    stacks_dir: Path,
    *,
    prompt: Callable[[str, str], str],
    tell: Callable[[str], None],
    today: date | None = None,
) -> dict[str, Any]:
    """Answers from a person, each checked with the whole federation when it is given; a wrong one is asked for again.

    `prompt(question, default)` returns what was typed, `tell(sentence)` says something. Every default fits: a service
    stays off until somebody has decided what it replaces.
    Raises: LoadError after the name already, where another member's file stands in the way of any answer.
    """
    interview = _Interview(federation, stacks_dir, prompt=prompt, tell=tell, today=today)
    interview.ask_name()
    plain = interview.plain
    key = interview.put("Short name, for stack and hosts", "key", default=plain["key"])
    domain = interview.put("Mail and web domain", "domain", default=f"{key}.se")
    orderer = plain["orderer"]
    interview.put("Title of the orderer (not of the operating organisation)", "orderer", "title", default="IT-strateg")
    orderer["mail"] = f"bestallare@{domain}"
    interview.put("The orderer's mailbox, in the member's domain", "orderer", "mail", default=orderer["mail"])
    for name in catalogue.OFFERED:
        interview.ask_service(catalogue.BY_NAME[name])
    if "directory" in plain["services"]:
        for kind in ("staff", "pupils"):
            question = f"Number of {kind} to generate as a sample (0: real people come from a register)"
            interview.put(question, "people", kind, default="0", read=_number)
    return plain


class _Interview:
    """`plain` holds answers that fit at every moment: what has not been asked yet stands there as its default."""

    def __init__(
        self,
        federation: Federation,
        stacks_dir: Path,
        *,
        prompt: Callable[[str, str], str],
        tell: Callable[[str], None],
        today: date | None,
    ) -> None:
        self.federation, self.stacks_dir, self.today = federation, stacks_dir, today
        self.prompt, self.tell = prompt, tell
        self.plain: dict[str, Any] = {}

    def ask_name(self) -> None:
        """Which municipality: everything else has a default that follows from it."""
        official = {row.name.casefold(): row for row in municipality.official().values()}
        while True:
            name = self._typed("Municipality, by its official name", default="")
            row = official.get(name.casefold())
            if row is None:
                near = get_close_matches(name.casefold().removesuffix(" kommun"), official, n=1)
                hint = f" (did you mean {official[near[0]].name}?)" if near else ""
                self._refuse(shown(name) if name else "nothing", f"the official name of a municipality{hint}")
                continue
            key = key_of(row.name)
            if any(stack.key == key for stack in self.federation.stacks):  # Habo and Håbo
                key = f"{key[: KEY_LENGTH - 4]}{row.code}"
            self.plain |= {"name": row.name, "code": row.code, "key": key, "domain": f"{key}.se"}
            self.plain |= {"orderer": {"title": "IT-strateg", "mail": f"bestallare@{key}.se"}, "services": []}
            self.plain |= {"people": {"staff": 0, "pupils": 0}, "inventory": []}
            if not self._refused("name"):
                return

    def ask_service(self, service: Service) -> None:
        """Whether to switch it on, and then what it replaces: it stays off where that is not decided (ONB-01)."""
        if missing := [name for name in service.requires if name not in self.plain["services"]]:
            self.tell(f"{service.name} stays off: it needs {', '.join(missing)}")
            return
        question = f"Is it decided to switch on {service.name} ({service.title}) now, yes or no"
        while (reply := self._typed(question, default="no").casefold()) not in {"y", "yes", "n", "no"}:
            self._refuse(shown(reply), "yes or no")
        if reply in {"n", "no"}:
            return
        for category in service.replaces:
            if not self._ask_row(category, service.name):
                self.tell(f"{service.name} stays off until somebody has decided what it replaces (ONB-01)")
                return
        self.plain["services"].append(service.name)

    def put(self, question: str, *path: str | int, default: str, read: Callable[[str], Any] = str) -> Any:
        """Ask until the answer fits at its place among the answers; return it."""
        holder: Any = self.plain
        for part in path[:-1]:
            holder = holder[part]
        while True:
            holder[path[-1]] = read(self._typed(question, default=default))
            if not self._refused(key_of_path(path)):
                return holder[path[-1]]

    def _ask_row(self, category: str, service: str) -> bool:
        """What the municipality has today, and whether somebody decided to replace it."""
        rows = self.plain["inventory"]
        row = {"category": category, "product": "unknown", "source": "The municipality's answer when it joined"}
        rows.append(row | {"confidence": "unknown"})
        at = ("inventory", len(rows) - 1)
        title = catalogue.CATEGORIES[category]
        if self.put(f"{title} today: product", *at, "product", default="unknown") != "unknown":
            rows[-1]["confidence"] = "stated"
        question = f"Who decided that {service} replaces it (name or title; -: nobody yet, {service} stays off)"
        if self.put(question, *at, "decided_by", default="-") == "-":
            del rows[-1]["decided_by"]
            return False
        rows[-1] |= {"decision": "replace", "target_service": service}
        return True

    def _typed(self, question: str, *, default: str) -> str:
        while True:
            try:
                text = unicodedata.normalize("NFC", self.prompt(question, default)).strip() or default
            except UnicodeDecodeError:
                self._refuse("bytes that are not UTF-8", "text in UTF-8")
                continue
            if text.isprintable():
                return text
            self._refuse("what cannot be printed, of an arrow key perhaps", "text in UTF-8")

    def _refused(self, key: str) -> bool:
        """Whether the answer at this key does not fit; if so it is said."""
        document = Document("answers", self.plain, dict.fromkeys(_paths(self.plain, ()), 0))
        try:
            mistakes = check_member(document, self.federation, self.stacks_dir, today=self.today)
        except AnswersError as error:
            mistakes = error.mistakes
        except LoadError:
            if key == "name":
                raise
            mistakes = ()  # somebody broke another file meanwhile: told at the end, when no answer is lost any more
        own = [one for one in mistakes if re.match(rf"{re.escape(key)}(?![\w-])", one.key)]
        for one in own:
            self._refuse(one.found, one.accepted)
        return bool(own)

    def _refuse(self, found: str, accepted: str) -> None:
        self.tell(f"found {found}; accepted: {accepted}")


def _paths(value: Any, at: Path_) -> Iterator[Path_]:
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _paths(item, (*at, key))


def _number(text: str) -> int | str:
    """What was typed, as the number it may be."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else text
