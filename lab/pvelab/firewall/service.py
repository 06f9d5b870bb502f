"""Protocols, ports and ICMP types of firewall rules: from Proxmox VE's text to nftables matches. Pure."""

import socket

from pvelab.firewall.address import merge
from pvelab.firewall.model import FirewallError

PORT_PROTOCOLS = {"tcp": 6, "udp": 17, "udplite": 136, "sctp": 132, "dccp": 33}
_PROTOCOLS = {
    **PORT_PROTOCOLS, "icmp": 1, "igmp": 2, "ipencap": 4, "ipip": 4, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51,
    "ipv6-icmp": 58, "icmpv6": 58, "ospf": 89, "pim": 103, "vrrp": 112, "l2tp": 115,
}  # fmt: skip

ICMP_TYPES: dict[str, tuple[int, int | None]] = {
    "echo-reply": (0, None),
    "destination-unreachable": (3, None),
    "network-unreachable": (3, 0),
    "host-unreachable": (3, 1),
    "protocol-unreachable": (3, 2),
    "port-unreachable": (3, 3),
    "fragmentation-needed": (3, 4),
    "source-route-failed": (3, 5),
    "network-unknown": (3, 6),
    "host-unknown": (3, 7),
    "network-prohibited": (3, 9),
    "host-prohibited": (3, 10),
    "communication-prohibited": (3, 13),
    "source-quench": (4, None),
    "redirect": (5, None),
    "network-redirect": (5, 0),
    "host-redirect": (5, 1),
    "echo-request": (8, None),
    "router-advertisement": (9, None),
    "router-solicitation": (10, None),
    "time-exceeded": (11, None),
    "ttl-zero-during-transit": (11, 0),
    "ttl-zero-during-reassembly": (11, 1),
    "parameter-problem": (12, None),
    "timestamp-request": (13, None),
    "timestamp-reply": (14, None),
    "address-mask-request": (17, None),
    "address-mask-reply": (18, None),
}
"""Type and code (RFC 792) by the names iptables and Proxmox VE use."""

ICMPV6_TYPES: dict[str, tuple[int, int | None]] = {
    "destination-unreachable": (1, None),
    "no-route": (1, 0),
    "communication-prohibited": (1, 1),
    "beyond-scope": (1, 2),
    "address-unreachable": (1, 3),
    "port-unreachable": (1, 4),
    "packet-too-big": (2, None),
    "time-exceeded": (3, None),
    "ttl-zero-during-transit": (3, 0),
    "ttl-zero-during-reassembly": (3, 1),
    "parameter-problem": (4, None),
    "bad-header": (4, 0),
    "unknown-header-type": (4, 1),
    "unknown-option": (4, 2),
    "echo-request": (128, None),
    "echo-reply": (129, None),
    "router-solicitation": (133, None),
    "router-advertisement": (134, None),
    "neighbor-solicitation": (135, None),
    "neighbour-solicitation": (135, None),
    "neighbor-advertisement": (136, None),
    "neighbour-advertisement": (136, None),
    "redirect": (137, None),
}
"""Type and code (RFC 4443, RFC 4861)."""


def protocol_number(text: str, *, where: str) -> int:
    """The number of a protocol given by name or number. Raises FirewallError."""
    if text.isdigit() and int(text) < 256:
        return int(text)
    if text.lower() in _PROTOCOLS:
        return _PROTOCOLS[text.lower()]
    raise FirewallError(f"{where}: unknown protocol '{text}'")


def parse_ports(text: str, *, where: str) -> list[str]:
    """Ports and ranges in nftables' words, sorted, overlapping ones joined. Raises FirewallError.

    >>> parse_ports("22,http,8000:8010", where="rule")
    ['22', '80', '8000-8010']
    """
    ranges = []
    for item in (part.strip() for part in text.split(",")):
        low, _, high = item.partition(":")
        first = _port(low, where)
        last = _port(high, where) if high else first
        if first > last:
            raise FirewallError(f"{where}: invalid port range '{item}'")
        ranges.append((first, last))
    return [str(first) if first == last else f"{first}-{last}" for first, last in merge(ranges)]


def _port(text: str, where: str) -> int:
    if text.isdigit() and int(text) <= 65535:
        return int(text)
    try:
        return socket.getservbyname(text)
    except OSError as error:
        raise FirewallError(f"{where}: invalid port '{text}'") from error


def icmp_match(text: str, family: int, *, where: str) -> list[str]:
    """The matches of an ICMP type given by name, `type` or `type/code`. Raises FirewallError."""
    word = "icmp" if family == 4 else "icmpv6"
    known = ICMP_TYPES if family == 4 else ICMPV6_TYPES
    if text == "any":
        return []
    if text in known:
        kind, code = known[text]
    else:
        first, _, second = text.partition("/")
        if not first.isdigit() or int(first) > 255 or (second and (not second.isdigit() or int(second) > 255)):
            raise FirewallError(f"{where}: invalid {word} type '{text}'")
        kind, code = int(first), int(second) if second else None
    return [f"{word} type {kind}", *([f"{word} code {code}"] if code is not None else [])]
