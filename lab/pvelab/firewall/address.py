"""Address lists of firewall rules: from Proxmox VE's text to sets of addresses. Pure.

A set is kept as sorted, disjoint, closed intervals of integers, one list per family: that is what nftables' interval
sets hold, and in it "the most specific entry decides" (ipset's `nomatch`) is plain arithmetic.
"""

import functools
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pvelab.firewall.model import FirewallError, Ipset

Interval = tuple[int, int]
_REMEMBERED = 1 << 14
"""The same few thousand texts and intervals come back with every compilation."""
_LAST = {4: 2**32 - 1, 6: 2**128 - 1}


@dataclass(frozen=True)
class Addresses:
    """A set of IPv4 and IPv6 addresses."""

    v4: tuple[Interval, ...] = ()
    v6: tuple[Interval, ...] = ()

    def of(self, family: int) -> tuple[Interval, ...]:
        """The intervals of one family, 4 or 6."""
        return self.v4 if family == 4 else self.v6

    def union(self, other: "Addresses") -> "Addresses":
        """Both sets together."""
        return Addresses(v4=merge((*self.v4, *other.v4)), v6=merge((*self.v6, *other.v6)))


@dataclass(frozen=True)
class Names:
    """The aliases (lower case -> CIDR) and IP sets that a rule may refer to, by scope."""

    dc_aliases: Mapping[str, str]
    dc_ipsets: Mapping[str, Ipset]
    guest_aliases: Mapping[str, str]
    guest_ipsets: Mapping[str, Ipset]


def merge(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Sorted, disjoint, with neighbours joined.

    >>> merge([(5, 9), (1, 4), (20, 30), (8, 12)])
    ((1, 12), (20, 30))
    """
    merged: list[Interval] = []
    for first, last in sorted(intervals):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def subtract(intervals: Iterable[Interval], hole: Interval) -> tuple[Interval, ...]:
    """The intervals without the addresses of one.

    >>> subtract([(1, 12)], (4, 6))
    ((1, 3), (7, 12))
    """
    left: list[Interval] = []
    for first, last in intervals:
        if first < hole[0]:
            left.append((first, min(last, hole[0] - 1)))
        if last > hole[1]:
            left.append((max(first, hole[1] + 1), last))
    return tuple(left)


@functools.lru_cache(_REMEMBERED)
def parse_element(text: str) -> tuple[int, Interval]:
    """Family and interval of an address, a network or a range. Raises ValueError.

    >>> parse_element("10.0.0.0/30")
    (4, (167772160, 167772163))
    """
    if "-" in text:
        low, high = (ipaddress.ip_address(part.strip()) for part in text.split("-", 1))
        if low.version != high.version or int(low) > int(high):
            raise ValueError(f"'{text}' is no range")
        return low.version, (int(low), int(high))
    network = ipaddress.ip_network(text.strip(), strict=False)
    return network.version, (int(network.network_address), int(network.broadcast_address))


def resolve(text: str, names: Names, *, where: str) -> Addresses:
    """The addresses a rule's `source` or `dest` means. Raises FirewallError beginning with `where`."""
    found = Addresses()
    for element in (part.strip() for part in text.split(",")):
        if not element:
            continue
        found = found.union(_resolve_element(element, names, where))
    return found


def _resolve_element(element: str, names: Names, where: str) -> Addresses:
    if element.startswith("+"):
        return ipset_addresses(_find_ipset(element[1:], names, where), names, where=where)
    if element[0].isalpha() and ":" not in element.split("/", maxsplit=1)[0]:
        element = _find_alias(element, names, where)
    try:
        family, interval = parse_element(element)
    except ValueError as error:
        raise FirewallError(
            f"{where}: '{element}' is no address (accepted: addresses, networks, one range, +ipset, alias)"
        ) from error
    return Addresses(**{f"v{family}": (interval,)})


def _find_ipset(name: str, names: Names, where: str) -> Ipset:
    scope, _, bare = name.rpartition("/")
    places = {"dc": [names.dc_ipsets], "guest": [names.guest_ipsets], "": [names.guest_ipsets, names.dc_ipsets]}
    for known in places.get(scope, []):
        if bare in known:
            return known[bare]
    raise FirewallError(f"{where}: no such IPSet '{name}'")


def _find_alias(name: str, names: Names, where: str) -> str:
    scope, _, bare = name.lower().rpartition("/")
    places = {"dc": [names.dc_aliases], "guest": [names.guest_aliases], "": [names.guest_aliases, names.dc_aliases]}
    for known in places.get(scope, []):
        if bare in known:
            return known[bare]
    raise FirewallError(f"{where}: no such alias '{name}'")


def ipset_addresses(ipset: Ipset, names: Names, *, where: str) -> Addresses:
    """The addresses of an IP set; of nested entries the most specific one decides, as in the kernel's hash:net."""
    entries: list[tuple[int, Interval, bool]] = []
    for entry in ipset.entries:
        text = entry.cidr
        if text[0].isalpha() and ":" not in text.split("/")[0]:
            text = _find_alias(text, names, f"{where}: IPSet '{ipset.name}'")
        try:
            family, interval = parse_element(text)
        except ValueError as error:
            raise FirewallError(f"{where}: IPSet '{ipset.name}': '{text}' is no address") from error
        entries.append((family, interval, entry.nomatch))
    # Widest first, so that the narrower one has the last word.
    entries.sort(key=lambda entry: entry[1][0] - entry[1][1])
    sets: dict[int, tuple[Interval, ...]] = {4: (), 6: ()}
    for family, interval, nomatch in entries:
        sets[family] = subtract(sets[family], interval) if nomatch else merge((*sets[family], interval))
    return Addresses(v4=sets[4], v6=sets[6])


def render(intervals: Iterable[Interval], family: int) -> list[str]:
    """The elements of an nftables interval set.

    >>> render([(167772160, 167772163), (167772170, 167772170)], 4)
    ['10.0.0.0/30', '10.0.0.10']
    """
    return [_render_interval(interval, family) for interval in intervals]


@functools.lru_cache(_REMEMBERED)
def _render_interval(interval: Interval, family: int) -> str:
    kind = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
    first, last = interval
    if first == last:
        return str(kind(first))
    size = last - first + 1
    if size & (size - 1) == 0 and first % size == 0:
        return f"{kind(first)}/{kind(first).max_prefixlen - size.bit_length() + 1}"
    return f"{kind(first)}-{kind(last)}"


def is_everything(intervals: tuple[Interval, ...], family: int) -> bool:
    """Whether a set holds every address of its family."""
    return intervals == ((0, _LAST[family]),)


def link_local(mac: str) -> str:
    """The IPv6 link-local address a guest makes from its MAC (RFC 4291, appendix A).

    >>> link_local("BC:24:11:00:00:65")
    'fe80::be24:11ff:fe00:65'
    """
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    identifier = bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]])
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + identifier))
