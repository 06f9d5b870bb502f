"""From plain values to a record, with every mistake in the words of this project instead of pydantic's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from samdrift.federation.document import Document, Path_
from samdrift.federation.mistake import Mistake, is_secret_key, shown

R = TypeVar("R", bound=BaseModel)

_LOADERS = {"key", "file", "inventory"}


def record_of(
    model: type[R], document: Document, *, at: Path_ = (), **injected: object
) -> tuple[R | None, list[Mistake]]:
    """The value at a path of a document as a record of this model, or None and why not.

    Strict: a number in quotes is no number and a bare 0114 no code. `injected` are facts that the file's name says.
    """
    value = document.value
    for part in at:
        value = value[part]
    if not isinstance(value, dict):
        return None, [document.mistake(at, found=shown(value), accepted="a mapping of keys")]
    schema = model.model_json_schema(by_alias=True)
    if injected:
        # What the loader puts in itself is no key of the file.
        schema["properties"] = {name: part for name, part in schema["properties"].items() if name not in _LOADERS}
    mistakes = [
        document.mistake((*at, key), found="an unknown key", accepted=_keys(schema, (), key))
        for key in value
        if injected and key in _LOADERS
    ]
    text = json.dumps({**value, **injected}, default=_plain)
    try:
        return (None if mistakes else model.model_validate_json(text, strict=True)), mistakes
    except ValidationError as error:
        return None, [*mistakes, *_mistakes(error, document=document, at=at, schema=schema)]


def one_of(names: Iterable[str], *, wrong: str | None = None) -> str:
    """The names that are accepted, with the likely one first.

    >>> one_of(["mail", "web"], wrong="mial")
    'mail, web (did you mean mail?)'
    """
    accepted = sorted(names)
    near = get_close_matches(wrong, accepted, n=1) if wrong else []
    return ", ".join(accepted) + (f" (did you mean {near[0]}?)" if near else "")


def _mistakes(error: ValidationError, *, document: Document, at: Path_, schema: dict[str, Any]) -> list[Mistake]:
    found: dict[tuple[Path_, str], list[str]] = {}
    for entry in error.errors(include_url=False):
        path: Path_ = (*at, *entry["loc"])
        if entry["type"] == "missing":
            key = (path, "nothing")
        elif entry["type"] == "extra_forbidden" and is_secret_key(str(entry["loc"][-1])):
            continue  # said already, in stronger words
        elif entry["type"] == "extra_forbidden":
            found[(path, "an unknown key")] = [_keys(schema, entry["loc"][:-1], str(entry["loc"][-1]))]
            continue
        else:
            # Alternatives of a union end in names that are not in the file: one message for all of them.
            while path not in document.lines and len(path) > len(at):
                path = path[:-1]
            key = (path, shown(_at(document.value, path)))
        accepted = _worded(entry["type"], entry["msg"], entry.get("ctx", {}))
        described = _property(schema, path[len(at) :]).get("description")
        wanted = described or ("a value" if entry["type"] == "missing" else accepted)
        found.setdefault(key, []).append(wanted)
    return [
        document.mistake(path, found=what, accepted=" or ".join(dict.fromkeys(wanted)))
        for (path, what), wanted in found.items()
    ]


def _worded(kind: str, message: str, context: dict[str, Any]) -> str:
    """What pydantic would accept, without its names for types."""
    words = {
        "too_short": "{min_length} or more entries",
        "string_too_short": "text of {min_length} or more characters",
        "string_too_long": "text of {max_length} or fewer characters",
        "string_type": "text",
        "int_type": "a whole number",
        "bool_type": "true or false",
        "tuple_type": "a list",
        "model_type": "a mapping of keys",
        "ip_v4_address": "an IPv4 address",
        "ip_v6_address": "an IPv6 address",
        "date_parsing": "a day: 2027-12-31",
        "date_from_datetime_parsing": "a day: 2027-12-31",
    }
    if kind in words:
        return words[kind].format(**context)
    return message.removeprefix("Value error, ").removeprefix("Input should be ")


def _keys(schema: dict[str, Any], path: tuple[str | int, ...], wrong: str) -> str:
    return one_of(_property(schema, path).get("properties", {}), wrong=wrong)


def _property(schema: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    """The part of a JSON schema that speaks of a path; its own description wins over that of a shared definition."""
    here: dict[str, Any] = schema
    for part in path:
        here = _resolved(schema, here)
        here = here.get("items", {}) if isinstance(part, int) else here.get("properties", {}).get(part, {})
    return {**_resolved(schema, here), **({"description": here["description"]} if "description" in here else {})}


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    for choice in (part, *part.get("anyOf", ())):
        if "$ref" in choice:
            return schema["$defs"][choice["$ref"].rsplit("/", maxsplit=1)[-1]]
    for choice in part.get("anyOf", ()):
        if "items" in choice:
            return choice
    return part


def _at(value: Any, path: Path_) -> Any:
    for part in path:
        value = value[part]
    return value


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return f"<{type(value).__name__}>"
