"""One difference between the code and the running platform, and the engine's finding put into words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

SCALAR = (str, int, float, bool)
MOST = 3
"""Entries of a list that are named; the rest is counted."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the code says; `observer` is engine, hypervisor or host."""

    observer: str
    stack: str
    subject: str
    what: str

    def to_json(self) -> dict[str, str]:
        """Return it as JSON types."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.stack}: {self.subject}: {self.what} (seen by the {self.observer})"


def words(step: Mapping[str, Any]) -> str:
    """Say what a step of the engine's preview would change (`metadata` of its `resourcePreEvent`)."""
    kind = step["type"].rpartition(":")[2].removesuffix("Legacy")
    if step["op"] == "create":
        return f"{kind} is missing"
    if step["op"] == "delete":
        return f"{kind} is there, and no longer in the code"
    paths = sorted((step.get("detailedDiff") or {}) or dict.fromkeys(step.get("diffs") or (), ""))
    return f"{kind} differs in {', '.join(_properties(step, paths)) or 'itself'}"


def _properties(step: Mapping[str, Any], paths: Sequence[str]) -> Iterator[str]:
    """Name each property; a list of records once, by the entries that are not in both: an added one shifts the rest."""
    told = set()
    for path in paths:
        root = path.partition("[")[0]
        found, wanted = (_at((step.get(side) or {}).get("inputs"), root) for side in ("old", "new"))
        if _are_records(found) and _are_records(wanted):
            if root not in told:
                yield f"{root} ({_entries(found, wanted)})"
            told.add(root)
        else:
            yield _property(step, path)


def _property(step: Mapping[str, Any], path: str) -> str:
    """Name a property, with its values where they are plain: found first, then what the code says."""
    found, wanted = (_at((step.get(side) or {}).get("inputs"), path) for side in ("old", "new"))
    plain = all(isinstance(one, SCALAR) and one != "[secret]" for one in (found, wanted))
    return f"{path} (is {found}, code says {wanted})" if plain else path


def _entries(found: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> str:
    there, declared = ([_plain(one) for one in entries] for entries in (found, wanted))
    added = [one for one in there if one not in declared]
    missing = [one for one in declared if one not in there]
    said = [f"there are {_some(added)} that the code does not say"] if added else []
    said += [f"there lack {_some(missing)}"] if missing else []
    return "; ".join(said) or "the order differs"


def _some(entries: Sequence[Mapping[str, Any]]) -> str:
    shown = [" ".join(f"{name}={value}" for name, value in one.items()) for one in entries[:MOST]]
    return "; ".join(shown) + (f" and {len(entries) - MOST} more" if len(entries) > MOST else "")


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sorted(entry.items()) if isinstance(value, SCALAR) and value != ""}


def _are_records(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _at(properties: Any, path: str) -> Any:
    for part in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(properties, Mapping):
            properties = properties.get(part)
        elif isinstance(properties, list) and part.isdecimal() and int(part) < len(properties):
            properties = properties[int(part)]
        else:
            return None
    return properties
