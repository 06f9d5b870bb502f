"""The address plan: every number follows from a municipality's code or its ordinal, none from the list of members.

So nobody assigns by hand, 290 municipalities never overlap, and nothing moves when a member joins or leaves.
IPv4: the code (12 bits) gives each member a /20 of 10.0.0.0/8; code 0 is the hall. IPv6: the code's four digits are the
third group of the federation's ULA (RFC 4193). Host numbers are written alike in both: host 11 is `.11` and `::11`.
"""

from __future__ import annotations

from functools import cache
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    summarize_address_range,
)

HALL4 = IPv4Network("10.0.0.0/20")

HALL_NETWORKS: dict[str, tuple[str, int, int, str]] = {
    # name: (vnet, tag, IPv6 subnet in hexadecimal digits, IPv4); wan's prefixes come from the hall's stack file
    "svc": ("svc", 10, 0x10, "10.0.0.0/24"),
    "dmz": ("dmz", 11, 0x11, "10.0.1.0/24"),
    "mgt": ("mgt", 12, 0x12, "10.0.2.0/24"),
    "vault": ("vaultnet", 13, 0x13, "10.0.3.0/24"),
    "transit": ("transit", 14, 0x14, "10.0.4.0/22"),
    "wan": ("wan", 16, 0, ""),
}

# Host numbers; those of the hall's guests stand in hall.py.
ROUTER = 1
ENGINEER = 2
WORKPLACE = 10
VAULT = 10

VAULT_ID = 201
MEMBER_IDS = {"gw": 1, "adm": 2, "ped": 3}

_TRANSIT_FIRST = 16
_TAG_FIRST = 1000


def federation6(ula: str) -> IPv6Network:
    """The federation's IPv6 /32 of its 24 random bits.

    >>> federation6("5a6d64")
    IPv6Network('fd5a:6d64::/32')
    """
    return IPv6Network((int(f"fd{ula}", 16) << 96, 32))


def member4(code: str) -> IPv4Network:
    """The IPv4 /20 of a code.

    >>> member4("1286")
    IPv4Network('10.80.96.0/20')
    """
    return IPv4Network(((10 << 24) + (int(code) << 12), 20))


def member6(code: str, *, ula: str) -> IPv6Network:
    """The IPv6 /48 of a code.

    >>> member6("1286", ula="5a6d64")
    IPv6Network('fd5a:6d64:1286::/48')
    """
    return IPv6Network((int(federation6(ula).network_address) + (int(code, 16) << 80), 48))


def halves(prefix: IPv4Network) -> tuple[IPv4Network, IPv4Network]:
    """A member's IPv4 prefix as (adm, ped): its lower and its upper half."""
    adm, ped = prefix.subnets()
    return adm, ped


def subnet6(prefix: IPv6Network, number: int) -> IPv6Network:
    """The /64 with this number in a /48."""
    return IPv6Network((int(prefix.network_address) + (number << 64), 64))


def hall6(ula: str, name: str) -> IPv6Network:
    """The /64 of a hall network.

    >>> hall6("5a6d64", "transit")
    IPv6Network('fd5a:6d64:0:14::/64')
    """
    return subnet6(member6("0000", ula=ula), HALL_NETWORKS[name][2])


def transit_number(ordinal: int) -> int:
    """Host number of a member's gateway in the transit network."""
    return _TRANSIT_FIRST + ordinal


def tags(ordinal: int) -> tuple[int, int]:
    """VLAN tags of a member's networks (adm, ped)."""
    return _TAG_FIRST + 2 * ordinal, _TAG_FIRST + 2 * ordinal + 1


def vnets(code: str) -> tuple[str, str]:
    """VNet ids of a member's networks (adm, ped).

    >>> vnets("0114")
    ('a0114', 'p0114')
    """
    return f"a{code}", f"p{code}"


def member_vm_id(code: str, part: str) -> int:
    """Guest number of a member's gateway (`gw`) or workplace (`adm`, `ped`).

    >>> member_vm_id("1286", "gw")
    128601
    """
    return int(code) * 100 + MEMBER_IDS[part]


def mac(vm_id: int, position: int) -> str:
    """Hardware address of a guest's interface: Proxmox' own prefix and 24 bits of guest number and position (0 to 15).

    >>> mac(128601, 0)
    'BC:24:11:1F:65:90'
    """
    digits = f"{(vm_id << 4) | position:06X}"
    return f"BC:24:11:{digits[0:2]}:{digits[2:4]}:{digits[4:6]}"


def host4(network: IPv4Network, number: int) -> IPv4Interface:
    """Address with this host number, with the network's prefix length."""
    return IPv4Interface((int(network.network_address) + number, network.prefixlen))


def host6(network: IPv6Network, number: int) -> IPv6Interface:
    """Address whose last group reads like the IPv4 host number in decimal: 135 is `::135`."""
    return IPv6Interface((int(network.network_address) + int(str(number), 16), network.prefixlen))


@cache
def member_space4() -> tuple[IPv4Network, ...]:
    """All IPv4 prefixes a member may have: private addresses (RFC 1918) without the hall's."""
    after_hall = summarize_address_range(IPv4Address(int(HALL4.broadcast_address) + 1), IPv4Address("10.255.255.255"))
    return (*after_hall, IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16"))


@cache
def member_space6(ula: str) -> tuple[IPv6Network, ...]:
    """All IPv6 prefixes a member may have: the federation's /32 without the hall's /48."""
    last = IPv6Address(int(federation6(ula).network_address) + (1 << 96) - 1)
    first = IPv6Address(int(federation6(ula).network_address) + (1 << 80))
    return tuple(summarize_address_range(first, last))


@cache
def internet4() -> tuple[IPv4Network, ...]:
    """Everything that is not a private IPv4 address: what a flow to or from `wan` may mean."""
    rest = [IPv4Network("0.0.0.0/0")]
    for private in map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")):
        rest = [
            piece
            for block in rest
            for piece in (block.address_exclude(private) if private.subnet_of(block) else (block,))
        ]
    return tuple(sorted(rest))


def internet6() -> tuple[IPv6Network, ...]:
    """The global unicast IPv6 space: what a flow to or from `wan` may mean."""
    return (IPv6Network("2000::/3"),)
