"""All requirements, read from `area/<area>.yaml` and checked against the list of ids that were ever issued."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from samdrift.standard.requirement import Record, Requirement

HOME = Path(__file__).parent
VERSION = "1"
"""Version of the standard; a changed statement is a new version, a new requirement is a new id."""


class StandardError(Exception):
    """The standard's own files are wrong; one sentence per mistake, all of them."""


class Area(Record):
    """One file: requirements whose ids share their letters."""

    area: str
    title: str
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True)
class Catalogue:
    """The standard in reading order: areas as the files' list says, requirements by number."""

    areas: tuple[Area, ...]
    version: str = VERSION

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Every requirement, area by area."""
        return tuple(one for area in self.areas for one in area.requirements)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id, area by area."""
        return tuple(one.id for one in self.requirements)

    def by_id(self, requirement_id: str) -> Requirement:
        """Return one requirement; StandardError where the id is not issued."""
        for one in self.requirements:
            if one.id == requirement_id:
                return one
        raise StandardError(f"{requirement_id} is not a requirement; ids are AREA-NN of {[a.area for a in self.areas]}")

    def select(self, ids: Collection[str] | None = None) -> tuple[Requirement, ...]:
        """Return the requirements of `ids` (None: all), unknown ids refused, order of the catalogue kept."""
        if ids is None:
            return self.requirements
        wanted = {self.by_id(one).id for one in ids}
        return tuple(one for one in self.requirements if one.id in wanted)


def issued() -> tuple[str, ...]:
    """Return the ids ever issued, oldest first. The file may only grow: an id is never used for another meaning."""
    return tuple((HOME / "ids.txt").read_text().split())


READING_ORDER = (
    *("net", "dir", "sso", "usr", "cli", "mail", "spam", "sec", "bak", "avl", "app", "dba", "arc"),
    *("mon", "hlp", "sla", "ord", "gov", "onb"),
)


@cache
def load() -> Catalogue:
    """Read and check the standard.

    Raises StandardError with every mistake: file, record, what is wrong, what is accepted.
    """
    mistakes: list[str] = []
    areas: list[Area] = []
    for stem in READING_ORDER:
        file = HOME / "area" / f"{stem}.yaml"
        try:
            area = Area.model_validate(yaml.safe_load(file.read_text()))
        except ValidationError as error:
            mistakes += [f"{file.name}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
            continue
        areas.append(area)
        mistakes += [
            f"{file.name}: {one.id} is not of area {area.area}" for one in area.requirements if one.area != area.area
        ]
    catalogue = Catalogue(areas=tuple(areas))
    if not mistakes and sorted(catalogue.ids) != sorted(issued()):
        odd = sorted(set(catalogue.ids) ^ set(issued()))
        mistakes.append(
            f"ids.txt and the area files must hold the same ids, each once; they differ in {odd or 'a repeated id'}"
        )
    if mistakes:
        raise StandardError("\n".join(mistakes))
    return catalogue
