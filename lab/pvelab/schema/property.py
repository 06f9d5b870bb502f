"""Property strings: the `key=value,key=value` form in which the API packs structured values into one parameter."""

import re
from collections.abc import Mapping
from typing import Any

from pvelab.schema.format import complaint
from pvelab.schema.pattern import compile_pattern

Shape = Mapping[str, Mapping[str, Any]]
_TRUE = frozenset({"1", "on", "yes", "true"})
_FALSE = frozenset({"0", "off", "no", "false"})


class PropertyError(Exception):
    """A value is not what the schema asks for; the text is Proxmox VE's."""


def parse(shape: Shape, text: str, name: str = "value") -> dict[str, Any]:
    """The properties of a string, typed by its shape (booleans as True and False).

    A piece without a name belongs to the shape's default key. Raises PropertyError naming the property.

    >>> parse({"bridge": {"type": "string"}, "firewall": {"type": "boolean"}}, "bridge=svc,firewall=1")
    {'bridge': 'svc', 'firewall': True}
    """
    default = next((key for key, rule in shape.items() if rule.get("default_key")), None)
    found: dict[str, Any] = {}
    for piece in text.split(","):
        if not piece.strip():
            continue
        key, equals, value = piece.partition("=")
        if not equals:
            if default is None:
                _fail(name, "value without key, but schema does not define a default key")
            key, value = str(default), piece
        key = key.strip()
        if key not in shape:
            _fail(name, "property is not defined in schema and the schema does not allow additional properties", key)
        if key in found:
            _fail(name, f"duplicate key in comma-separated list property: {key}")
        found[key] = _typed(shape[key], value.strip(), name, key)
    for key, rule in shape.items():
        if not rule.get("optional") and key not in found:
            _fail(name, "property is missing and it is not optional", key)
    return found


def render(shape: Shape, values: Mapping[str, Any]) -> str:
    """The string of a set of properties: the default key's value bare, then the required, then the optional ones.

    Absent properties are left out. `parse(shape, render(shape, values)) == values`.
    """
    default = next((key for key, rule in shape.items() if rule.get("default_key")), None)
    pieces = [_text(values[default])] if default is not None and default in values else []
    order = sorted(values, key=lambda key: (bool(shape.get(key, {}).get("optional")), key))
    pieces += [f"{key}={_text(values[key])}" for key in order if key != default]
    return ",".join(pieces)


def size_bytes(text: str) -> int:
    """A disk size (`8G`, `512M`, or a bare number of bytes) in bytes.

    >>> size_bytes("8G")
    8589934592
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)", text)
    if not found:
        raise PropertyError(f"value does not look like a valid disk size: {text}")
    return int(float(found[1]) * 1024 ** " KMGT".index(found[2] or " "))


def size_text(amount: int) -> str:
    """Bytes as Proxmox VE writes a disk size: the largest unit that divides it.

    >>> size_text(8589934592)
    '8G'
    """
    unit = 0
    while unit < 4 and amount and amount % 1024 == 0:
        amount, unit = amount // 1024, unit + 1
    return f"{amount}{' KMGT'[unit].strip()}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _typed(rule: Mapping[str, Any], text: str, name: str, key: str) -> Any:
    kind = rule.get("type", "string")
    if kind == "boolean":
        if text.lower() in _TRUE:
            return True
        if text.lower() in _FALSE:
            return False
        _fail(name, f"type check ('boolean') failed - got '{text}'", key)
    if kind in ("integer", "number"):
        return _number(rule, kind, text, name, key)
    if "enum" in rule and text not in rule["enum"]:
        _fail(name, f"value '{text}' does not have a value in the enumeration '{', '.join(rule['enum'])}'", key)
    if "pattern" in rule and not compile_pattern(rule["pattern"]).fullmatch(text):
        _fail(name, "value does not match the regex pattern", key)
    shape = rule.get("format")
    if isinstance(shape, str) and (said := complaint(shape, text)):
        _fail(name, f"invalid format - {said}", key)
    return text


def _number(rule: Mapping[str, Any], kind: str, text: str, name: str, key: str) -> int | float:
    pattern = r"[+-]?\d+" if kind == "integer" else r"[+-]?\d+(?:\.\d+)?"
    if not re.fullmatch(pattern, text):
        _fail(name, f"type check ('{kind}') failed - got '{text}'", key)
    number = int(text) if kind == "integer" else float(text)
    if "minimum" in rule and number < rule["minimum"]:
        _fail(name, f"value must have a minimum value of {rule['minimum']}", key)
    if "maximum" in rule and number > rule["maximum"]:
        _fail(name, f"value must have a maximum value of {rule['maximum']}", key)
    return number


def _fail(name: str, said: str, key: str | None = None) -> Any:
    where = f"{name}.{key}" if key else name
    raise PropertyError(f"invalid format - format error\n{where}: {said}\n")
