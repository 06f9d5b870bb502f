"""One firewall rule to the nftables lines that mean it. Pure."""

from dataclasses import dataclass, field

from pvelab.firewall import macro
from pvelab.firewall.address import Addresses, Interval, Names, is_everything, render, resolve
from pvelab.firewall.model import FirewallError, Rule
from pvelab.firewall.service import PORT_PROTOCOLS, icmp_match, parse_ports, protocol_number

ICMP, ICMPV6 = 1, 58
_WORDS = {number: name for name, number in PORT_PROTOCOLS.items()}


@dataclass
class AddressSets:
    """The named sets of a ruleset: equal contents share one."""

    _names: dict[tuple[int, tuple[Interval, ...]], str] = field(default_factory=dict)

    def reference(self, intervals: tuple[Interval, ...], family: int) -> str:
        """How a rule refers to these addresses: the one address or network, or a set's name."""
        elements = render(intervals, family)
        if len(elements) == 1:
            return elements[0]
        return "@" + self._names.setdefault((family, intervals), f"addresses{family}_{len(self._names) + 1}")

    def definitions(self) -> list[str]:
        """The sets' definitions, for the head of the table."""
        lines = []
        for (family, intervals), name in self._names.items():
            kind = "ipv4_addr" if family == 4 else "ipv6_addr"
            elements = f" elements = {{ {', '.join(render(intervals, family))} }};" if intervals else ""
            lines.append(f"  set {name} {{ type {kind}; flags interval;{elements} }}")
        return lines


@dataclass(frozen=True)
class _Service:
    """What of a rule its macro may spread over several lines."""

    proto: str | None
    dport: str | None
    sport: str | None
    icmp_type: str | None


def compile_rule(rule: Rule, names: Names, sets: AddressSets, *, where: str) -> list[str]:
    """The lines of an enabled `in` or `out` rule, empty when it can match nothing (an empty IP set).

    Raises FirewallError beginning with `where`.
    """
    verdict = {"ACCEPT": "accept", "DROP": "drop", "REJECT": "goto refuse"}.get(rule.action)
    if verdict is None:
        raise FirewallError(f"{where}: unknown action '{rule.action}' (accepted: ACCEPT, DROP, REJECT)")
    source = resolve(rule.source, names, where=f"{where}: source") if rule.source else None
    dest = resolve(rule.dest, names, where=f"{where}: dest") if rule.dest else None
    lines = []
    for service in _services(rule, where):
        for family in _families(service, source, dest, where):
            matches = _address_matches(source, dest, family, sets)
            matches += _service_matches(service, family, where)
            lines.append(" ".join([*matches, verdict]))
    return lines


def _services(rule: Rule, where: str) -> list[_Service]:
    if rule.macro is None:
        if (rule.dport or rule.sport) and not rule.proto:
            raise FirewallError(f"{where}: 'dport' and 'sport' require 'proto'")
        return [_Service(proto=rule.proto, dport=rule.dport, sport=rule.sport, icmp_type=rule.icmp_type)]
    found = macro.find(rule.macro)
    if found is None:
        raise FirewallError(f"{where}: unknown macro '{rule.macro}'")
    services = []
    for proto, port in found[1]:
        if rule.proto and protocol_number(rule.proto, where=where) != protocol_number(proto, where=where):
            raise FirewallError(f"{where}: parameter 'proto' already define in macro (value = '{proto}')")
        if rule.dport and rule.dport != port:
            raise FirewallError(f"{where}: parameter 'dport' already define in macro (value = '{port}')")
        is_icmp = proto in ("icmp", "icmpv6")
        services.append(
            _Service(
                proto=proto, dport=None if is_icmp else port, sport=rule.sport, icmp_type=port if is_icmp else None
            )
        )
    return services


def _families(service: _Service, source: Addresses | None, dest: Addresses | None, where: str) -> list[int | None]:
    number = protocol_number(service.proto, where=where) if service.proto else None
    possible = [4] if number == ICMP else [6] if number == ICMPV6 else [4, 6]
    if source is None and dest is None and len(possible) == 2:
        return [None]  # one line for both
    return [
        family for family in possible if (source is None or source.of(family)) and (dest is None or dest.of(family))
    ]


def _address_matches(
    source: Addresses | None, dest: Addresses | None, family: int | None, sets: AddressSets
) -> list[str]:
    if family is None:
        return []
    word = "ip" if family == 4 else "ip6"
    matches = []
    for direction, addresses in (("saddr", source), ("daddr", dest)):
        if addresses is not None and not is_everything(addresses.of(family), family):
            matches.append(f"{word} {direction} {sets.reference(addresses.of(family), family)}")
    return matches or [f"meta nfproto ipv{family}"]


def _service_matches(service: _Service, family: int | None, where: str) -> list[str]:
    if service.proto is None:
        return []
    number = protocol_number(service.proto, where=where)
    matches = [f"meta l4proto {number}"]
    if number in (ICMP, ICMPV6):
        # Proxmox VE once took the type in `dport`, and still reads it there.
        kind = service.icmp_type or service.dport
        return matches + (icmp_match(kind, 4 if number == ICMP else 6, where=where) if kind else [])
    ports = [(word, text) for word, text in (("sport", service.sport), ("dport", service.dport)) if text]
    if ports and number not in _WORDS:
        raise FirewallError(f"{where}: protocol '{service.proto}' has no ports")
    for word, text in ports:
        matches.append(f"{_WORDS[number]} {word} {{ {', '.join(parse_ports(text, where=where))} }}")
    return matches
