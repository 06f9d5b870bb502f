"""One rule of a packet filter as text of nft: pure, shared by the roles that route.

A rule opens a direction; answers pass because they are established. An empty list of addresses never means "any": a
family in which a rule names no source, or no destination, has no such rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from roles.operations.setting import SettingError, require

SELF = "self"
"""As `to`: the host itself."""


@dataclass(frozen=True)
class Rule:
    """What may pass from one network to another, or to the host itself. Addresses are nft's: `10.0.0.0/24`, `@adm`."""

    name: str
    source: str
    """Interface the packet comes in by."""
    target: str
    """Interface it leaves by, or `self`."""
    protocol: Literal["tcp", "udp", "icmp"]
    saddr4: tuple[str, ...] = ()
    saddr6: tuple[str, ...] = ()
    daddr4: tuple[str, ...] = ()
    daddr6: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    why: str = ""


def parse(found: Mapping[str, Any]) -> Rule:
    """Return the rule of one JSON object of the settings; raise `SettingError` for what it cannot mean."""
    fields = dict(found)
    known = {"name", "from", "to", "proto", "saddr4", "saddr6", "daddr4", "daddr6", "ports", "why"}
    if unknown := sorted(set(fields) - known):
        raise SettingError(f"rule {fields.get('name')!r} has {unknown}: {sorted(known)} are accepted")
    name = str(fields.get("name", ""))
    require(bool(name), "rule.name", name, "a name is needed")
    for key in ("from", "to"):
        require(bool(fields.get(key)), f"rule {name}.{key}", fields.get(key), "an interface name is needed")
    protocol = fields.get("proto")
    require(protocol in ("tcp", "udp", "icmp"), f"rule {name}.proto", protocol, "tcp, udp or icmp is accepted")
    ports = tuple(str(port) for port in fields.get("ports") or ())
    require(bool(ports) == (protocol != "icmp"), f"rule {name}.ports", ports, "tcp and udp need ports, icmp has none")
    addresses = {key: tuple(fields.get(key) or ()) for key in ("saddr4", "saddr6", "daddr4", "daddr6")}
    rule = Rule(
        name, fields["from"], fields["to"], fields["proto"], ports=ports, why=str(fields.get("why", "")), **addresses
    )
    require(bool(lines(rule)), f"rule {name}", found, "a source and a destination of one family are needed")
    return rule


def lines(rule: Rule) -> list[str]:
    """Return the rule's nft statements, one a family, without the chain."""
    written = []
    for family, ip, saddr, daddr in ((4, "ip", rule.saddr4, rule.daddr4), (6, "ip6", rule.saddr6, rule.daddr6)):
        local = rule.target == SELF
        if not saddr or not (daddr or local):
            continue
        # A named set cannot stand among the elements of another, so each gets a statement of its own.
        for source in _groups(saddr, family):
            for target in _groups(daddr, family) if daddr else [""]:
                words = [f'iifname "{rule.source}"']
                if not local:
                    words.append(f'oifname "{rule.target}"')
                words.append(f"{ip} saddr {source}")
                if target:
                    words.append(f"{ip} daddr {target}")
                words += [_service(rule, family), f'counter accept comment "{rule.name}"']
                written.append(" ".join(words))
    return written


def accepted(rules: Iterable[dict[str, Any]]) -> list[str]:
    """Return the statements for packets to the host itself."""
    return [line for rule in map(parse, rules) if rule.target == SELF for line in lines(rule)]


def forwarded(rules: Iterable[dict[str, Any]]) -> list[str]:
    """Return the statements for packets that pass through the host."""
    return [line for rule in map(parse, rules) if rule.target != SELF for line in lines(rule)]


def _groups(addresses: Iterable[str], family: int) -> list[str]:
    plain = [address for address in addresses if not address.startswith("@")]
    named = [f"{address}{family}" for address in addresses if address.startswith("@")]
    return named + ([f"{{ {', '.join(plain)} }}"] if plain else [])


def _service(rule: Rule, family: int) -> str:
    if rule.protocol == "icmp":
        return "icmp type echo-request" if family == 4 else "icmpv6 type echo-request"
    return f"{rule.protocol} dport {{ {', '.join(rule.ports)} }}"
