"""Check the parameters of a request as Proxmox VE does, in its words, and give them their types."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pvelab.schema.format import complaint, split_list
from pvelab.schema.pattern import compile_pattern
from pvelab.schema.property import PropertyError, parse

Value = str | int | float | list[Any]
Raw = Mapping[str, Sequence[str]]

_INDEXED = re.compile(r"(?P<stem>[a-z]+)(?P<index>\d+)")
_LIMIT = {"net": 31, "mp": 255, "dev": 255, "unused": 255}
UNKNOWN = "property is not defined in schema and the schema does not allow additional properties"
MISSING = "property is missing and it is not optional"


def verify(params: Mapping[str, Mapping[str, Any]], raw: Raw) -> tuple[dict[str, Value], dict[str, str]]:
    """Typed values and, per parameter, what is wrong.

    Booleans become 0 or 1. A key given several times is one list (joined by commas where the schema wants a string).
    """
    values: dict[str, Value] = {}
    errors: dict[str, str] = {}
    for name, given in raw.items():
        rule = _rule(params, name)
        if rule is None:
            errors[name] = UNKNOWN
            continue
        try:
            values[name] = _value(rule, list(given), name)
        except PropertyError as error:
            errors[name] = str(error)
    for name, rule in params.items():
        if not rule.get("optional") and name not in raw and "[n]" not in name:
            errors[name] = MISSING
        needs = rule.get("requires")
        if needs and name in raw and needs not in raw:
            errors[needs] = f"missing property - '{name}' requires this property"
    return values, errors


def _rule(params: Mapping[str, Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    if name in params:
        return params[name]
    found = _INDEXED.fullmatch(name)
    if not found or int(found["index"]) > _LIMIT.get(found["stem"], 255):
        return None
    return params.get(f"{found['stem']}[n]")


def _value(rule: Mapping[str, Any], given: list[str], name: str) -> Value:
    if rule.get("type") == "array":
        items = rule.get("items")
        inner = {"type": items} if isinstance(items, str) else (items or {"type": "string"})
        pieces = given if len(given) > 1 else split_list(given[0])
        return [scalar(inner, piece, name) for piece in pieces]
    if len(given) > 1:
        text_list = rule.get("type") == "string" and (name == "delete" or str(rule.get("format")).endswith("-list"))
        if not text_list:
            raise PropertyError(f"type check ('{rule.get('type')}') failed - got 'ARRAY'")
    return scalar(rule, ",".join(given), name)


def scalar(rule: Mapping[str, Any], text: str, name: str) -> str | int | float:
    """One value with the rule's type; raises PropertyError in Proxmox VE's words."""
    value = _typed(str(rule.get("type", "string")), text)
    if "enum" in rule and text not in rule["enum"]:
        raise PropertyError(f"value '{text}' does not have a value in the enumeration '{', '.join(rule['enum'])}'")
    if isinstance(value, int | float):
        if "minimum" in rule and value < rule["minimum"]:
            raise PropertyError(f"value must have a minimum value of {rule['minimum']}")
        if "maximum" in rule and value > rule["maximum"]:
            raise PropertyError(f"value must have a maximum value of {rule['maximum']}")
        return value
    _check_text(rule, value, name)
    return value


def _typed(kind: str, text: str) -> str | int | float:
    failed = PropertyError(f"type check ('{kind}') failed - got '{text}'")
    if kind == "boolean":
        if text not in ("0", "1"):
            raise failed
        return int(text)
    if kind == "integer":
        if not re.fullmatch(r"[+-]?\d+", text):
            raise failed
        return int(text)
    if kind == "number":
        if not re.fullmatch(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", text):
            raise failed
        number = float(text)
        return int(number) if number.is_integer() else number
    return text


def _check_text(rule: Mapping[str, Any], text: str, name: str) -> None:
    if "minLength" in rule and len(text) < rule["minLength"]:
        raise PropertyError(f"value must be at least {rule['minLength']} characters long")
    if "maxLength" in rule and len(text) > rule["maxLength"]:
        raise PropertyError(f"value may only be {rule['maxLength']} characters long")
    if "pattern" in rule and not compile_pattern(rule["pattern"]).fullmatch(text):
        raise PropertyError("value does not match the regex pattern")
    shape = rule.get("format")
    if isinstance(shape, dict):
        parse(shape, text, name)
    elif shape and (said := complaint(shape, text)):
        raise PropertyError(f"invalid format - {said}")
