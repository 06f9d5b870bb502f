"""The ends of flows: what a selector means, which pairs of them may never be joined.

A selector is what a flow's `source` or `target` names. The same one has other addresses for other guests: `adm` is a
member's own network for its guests, and a set of all members' for the hall; `edge` has the address of the leg that the
other end sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from urllib.parse import urlsplit

from samdrift.federation import addressing, hall, municipality
from samdrift.federation.network import hall_network, networks_of
from samdrift.federation.record import Federation, Member

CLIENTS = ("adm", "ped")
HALL_SELECTORS = ("svc", "dmz", "mgt", "vault")
HOST_SELECTORS = (*hall.BY_NAME, "engineer", "packages")
SELECTORS = (*CLIENTS, "gateways", *HALL_SELECTORS, "wan", *HOST_SELECTORS)
"""Everything a flow's `source` and `target` may name."""

_FORBIDDEN: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (("ped",), ("adm",), "a pedagogical network never reaches an administrative one (NET-01)"),
    (CLIENTS, ("mgt", "vault"), "no client network reaches management or backup (NET-07)"),
    (
        ("dmz", "wan"),
        ("adm", "ped", "transit", "mgt", "vault"),
        "nothing opens a way inwards from the outside (NET-05)",
    ),
)


_PUBLIC = ("edge", "dmz", *(guest.name for guest in hall.GUESTS if guest.network == "dmz"))


@dataclass(frozen=True)
class End:
    """One end of a flow: where it is, which host it is (none: the whole network), its addresses."""

    zone: str
    host: str | None
    four: tuple[str, ...]
    six: tuple[str, ...]


def forbidden(source: str, target: str, *, packages: str | None = None) -> str | None:
    """Why no flow may lead from one selector to another, or None where one may.

    >>> forbidden("ped", "adm")
    'a pedagogical network never reaches an administrative one (NET-01)'
    """
    if source == "wan" and target not in _PUBLIC:
        return "from the Internet only dmz and edge are reached (NET-05)"
    source_zone, target_zone = (zone_of(selector, packages) for selector in (source, target))
    for sources, targets, why in _FORBIDDEN:
        if source_zone in sources and target_zone in targets:
            return why
    return None


def end_of(federation: Federation, selector: str, *, member: Member | None, other: str) -> End:
    """What a selector means for a guest of this member (None: of the hall); `other` is the other end's selector."""
    if selector in (*CLIENTS, "gateways"):
        return _member_end(federation, selector, member=member)
    if selector in HOST_SELECTORS:
        return _host_end(federation, selector, other=other)
    if selector == "wan":
        return End(selector, None, tuple(map(str, addressing.internet4())), tuple(map(str, addressing.internet6())))
    network = hall_network(federation, selector)
    return End(selector, None, (str(network.ipv4),), (str(network.ipv6),))


def _member_end(federation: Federation, selector: str, *, member: Member | None) -> End:
    """What is the member's: for a guest of its own by address, for the hall by the name of a set."""
    zone, host = ("transit", "gateways") if selector == "gateways" else (selector, None)
    if member is None:
        return End(zone, host, (f"@{selector}",), (f"@{selector}",))
    if host:
        return _host(federation, zone, host, addressing.transit_number(municipality.ordinal(member.code)))
    network = next(network for network in networks_of(federation, member) if network.name == selector)
    return End(zone, None, (str(network.ipv4),), (str(network.ipv6),))


def _host_end(federation: Federation, selector: str, *, other: str) -> End:
    packages = federation.hall.packages
    if selector == "packages":
        address, _, zone = package_proxy(packages)
        return End(zone, selector, (f"{address}/32",), ())
    if selector == "edge":
        # Each network knows edge by the address it has there; members know its leg in transit.
        near = zone_of(other, packages)
        return _host(federation, "transit" if near in (*CLIENTS, "transit") else near, selector, addressing.ROUTER)
    number = addressing.ENGINEER if selector == "engineer" else hall.BY_NAME[selector].number
    return _host(federation, zone_of(selector, packages), selector, number)


def _host(federation: Federation, zone: str, host: str, number: int) -> End:
    network = hall_network(federation, zone)
    four, six = addressing.host4(network.ipv4, number).ip, addressing.host6(network.ipv6, number).ip
    return End(zone, host, (f"{four}/32",), (f"{six}/128",))


def zone_of(selector: str, packages: str | None) -> str:
    """The network a selector is in; `edge`, which has a leg in most, is its own."""
    if selector == "packages":
        return package_proxy(packages)[2]
    if selector in hall.BY_NAME and selector != "edge":
        return hall.BY_NAME[selector].network
    return {"gateways": "transit", "engineer": "mgt"}.get(selector, selector)


def unreachable_packages(url: str) -> str | None:
    """What a package proxy's address must be, where no flow can lead to it; None where one can."""
    address, _, zone = package_proxy(url)
    if zone == "wan" and not any(address in prefix for prefix in addressing.internet4()):
        return "an address in a network of the hall, or one outside the private prefixes"
    return None


def package_proxy(url: str | None) -> tuple[IPv4Address, int, str]:
    """Address, port and network of the package proxy; a proxy outside the hall is on the Internet side."""
    parts = urlsplit(url or "http://10.0.0.9:3142")
    address = IPv4Address(parts.hostname or "")
    for name, (_, _, _, ipv4) in addressing.HALL_NETWORKS.items():
        if ipv4 and address in IPv4Network(ipv4):
            return address, parts.port or 80, name
    return address, parts.port or 80, "wan"
