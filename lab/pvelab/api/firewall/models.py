"""The firewall's configuration at its three levels, and the checks that a rule must pass."""

import hashlib
import ipaddress
import json
import re
from collections.abc import Iterator
from typing import Any

from pvelab.api.errors import bad_parameters
from pvelab.store import Store

CLUSTER = "cluster"
RULE_FIELDS = (
    "type",
    "action",
    "enable",
    "macro",
    "iface",
    "source",
    "dest",
    "proto",
    "sport",
    "dport",
    "log",
    "icmp-type",
    "comment",
)
_ACTIONS = ("ACCEPT", "DROP", "REJECT")
_NAME = r"[A-Za-z][A-Za-z0-9\-_]+"


def level(store: Store, key: str) -> dict[str, Any]:
    """One level's configuration: options, rules, aliases, ipsets, and at the datacenter's groups."""
    empty: dict[str, Any] = {"options": {}, "rules": [], "aliases": {}, "ipsets": {}, "groups": {}}
    return empty | (store.get("firewall", key) or {})


def save(store: Store, key: str, body: dict[str, Any]) -> None:
    """Write one level."""
    store.put("firewall", key, body)


def digest(body: Any) -> str:
    """A checksum for clients that compare."""
    return hashlib.sha1(json.dumps(body, sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def ip_version(text: str) -> int | None:
    """4 or 6 for an address or network; None for anything else."""
    try:
        return ipaddress.ip_network(text, strict=False).version
    except ValueError:
        return None


def normal_cidr(text: str) -> str:
    """A network as Proxmox VE keeps it: single addresses without length."""
    version = ip_version(text)
    if version is None:
        return text
    return text.removesuffix("/32" if version == 4 else "/128")


def names_in(text: str) -> Iterator[tuple[str, str, str]]:
    """The names that a source or destination refers to: kind (`ipset` or `alias`), scope (`dc`, `guest` or ``), name.

    >>> list(names_in("+dc/web,10.0.0.1,dc/printer"))
    [('ipset', 'dc', 'web'), ('alias', 'dc', 'printer')]
    """
    for item in text.split(","):
        found = re.fullmatch(rf"(\+?)(?:(dc|guest|sdn)/)?({_NAME})", item.strip())
        if found:
            yield "ipset" if found[1] else "alias", found[2] or "", found[3]


def is_known(store: Store, key: str, kind: str, scope: str, name: str) -> bool:
    """Whether a level can use the name: its own, and the datacenter's."""
    wanted = name if kind == "ipset" else name.lower()
    places = {"dc": [CLUSTER], "guest": [key], "": [key, CLUSTER]}.get(scope, [])
    return any(wanted in level(store, place)["ipsets" if kind == "ipset" else "aliases"] for place in places)


def broken_reference(store: Store, key: str, rule: dict[str, Any]) -> dict[str, str]:
    """Complaints per field about names in a rule that do not exist."""
    errors = {}
    for field in ("source", "dest"):
        for kind, scope, name in names_in(rule.get(field, "")):
            if not is_known(store, key, kind, scope, name):
                errors[field] = f"no such {'ipset' if kind == 'ipset' else 'alias'} '{name}'"
    if rule["type"] == "group" and rule["action"] not in level(store, CLUSTER)["groups"]:
        errors["action"] = f"no such security group '{rule['action']}'"
    return errors


def check_rule(store: Store, key: str, rule: dict[str, Any], *, in_group: bool) -> None:
    """400 with complaints per field unless the rule makes sense at its level."""
    errors = broken_reference(store, key, rule)
    kind, action = rule["type"], rule["action"]
    if kind == "group" and in_group:
        errors["type"] = "security groups not allowed"
    if kind != "group" and action not in _ACTIONS:
        errors["action"] = f"unknown action '{action}'"
    iface = rule.get("iface")
    if iface and key.startswith("guest/") and not re.fullmatch(r"net\d+", iface):
        errors["iface"] = "value does not look like a valid network interface"
    for field in ("source", "dest"):
        if field in rule and field not in errors and (said := _address_complaint(rule[field])):
            errors[field] = said
    for field in ("sport", "dport"):
        if rule.get(field) and not rule.get("proto") and not rule.get("macro"):
            errors["proto"] = f"missing property - '{field}' requires this property"
        if rule.get(field) and (said := _port_complaint(rule[field])):
            errors[field] = said
    if rule.get("macro") and rule.get("macro") not in macro_names():
        errors["macro"] = f"unknown macro '{rule['macro']}'"
    if errors:
        raise bad_parameters(errors)


def _address_complaint(text: str) -> str | None:
    versions = set()
    for item in (piece.strip() for piece in text.split(",")):
        if re.fullmatch(rf"\+?(?:(?:dc|guest|sdn)/)?{_NAME}", item):
            continue
        ends = item.split("-") if "-" in item and "/" not in item else [item]
        found = [ip_version(end) for end in ends]
        if not item or None in found or len(ends) > 2:
            return f"invalid format - value does not look like a valid IP address or network: '{item}'"
        versions.update(found)
    return "detected mixed ipv4/ipv6 addresses in address list" if len(versions) > 1 else None


def _port_complaint(text: str) -> str | None:
    for item in text.split(","):
        ends = item.split(":")
        if len(ends) > 2 or not all(_is_port(end) for end in ends):
            return f"invalid format - invalid port '{item}'"
        if len(ends) == 2 and ends[0].isdigit() and ends[1].isdigit() and int(ends[0]) > int(ends[1]):
            return f"invalid format - backwards range '{item}' not allowed"
    return None


def _is_port(text: str) -> bool:
    if text.isdigit():
        return int(text) <= 65535
    return re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_-]*", text) is not None


def macro_names() -> frozenset[str]:
    """The macros that the packet filter's compiler knows."""
    from pvelab.firewall.macro import MACROS

    return frozenset(MACROS)


def shown_rule(rule: dict[str, Any], position: int | str, checksum: str) -> dict[str, Any]:
    """A rule as the API returns it."""
    shown = {**rule, "pos": position, "digest": checksum}
    for field in ("source", "dest"):
        version = ip_version(rule.get(field, ""))
        if version:
            shown["ipversion"] = version
    return shown
