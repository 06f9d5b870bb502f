"""The address plan, computed a second time: from a code to its networks, in a few lines of arithmetic.

IPv4 10.0.0.0 + code * 2^12, a /20 whose lower half is administrative and whose upper half is pedagogical; IPv6 the
federation's ULA with the code's four digits as the third group. The hall's networks are a table.
"""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from samdrift_policies.declaration import Declaration

Network = IPv4Network | IPv6Network

HALL = {
    "svc": ("10.0.0.0/24", "10"),
    "dmz": ("10.0.1.0/24", "11"),
    "mgt": ("10.0.2.0/24", "12"),
    "vaultnet": ("10.0.3.0/24", "13"),
    "transit": ("10.0.4.0/22", "14"),
}


def member_networks(member: dict[str, Any], *, ula: str) -> dict[str, tuple[Network, Network]]:
    """Return the two VNets of a member with their IPv4 and IPv6 networks, e.g. `a1286`: 10.80.96.0/21 and …:1::/64."""
    code = str(member["code"])
    whole = ip_network(member.get("prefix") or f"{_ipv4(int(code) << 12)}/20")
    site = f"fd{ula[:2]}:{ula[2:]}:{code}"
    adm, ped = whole.subnets(prefixlen_diff=1)
    return {f"a{code}": (adm, ip_network(f"{site}:1::/64")), f"p{code}": (ped, ip_network(f"{site}:2::/64"))}


def hall_networks(hall: dict[str, Any]) -> dict[str, tuple[Network, Network]]:
    """Return the hall's VNets with their IPv4 and IPv6 networks; `wan` is what the hall's file says."""
    ula = str(hall["ula"])
    found = {
        vnet: (ip_network(ipv4), ip_network(f"fd{ula[:2]}:{ula[2:]}:0:{group}::/64"))
        for vnet, (ipv4, group) in HALL.items()
    }
    return found | {"wan": (ip_network(hall["wan"]["ipv4"]), ip_network(hall["wan"]["ipv6"]))}


def networks(declaration: Declaration) -> dict[str, tuple[Network, Network]]:
    """Return every VNet on which guests of this stack may have an address: the hall's, and a member's own two."""
    found = hall_networks(declaration.hall)
    if declaration.facts["kind"] == "member":
        found |= member_networks(declaration.facts, ula=str(declaration.hall["ula"]))
    return found


def mac(vm_id: int, nic: int) -> str:
    """Return the pinned address of an interface: BC:24:11 and 24 bits of guest and interface number."""
    low = (vm_id << 4 | nic).to_bytes(3, "big")
    return ":".join(f"{octet:02X}" for octet in b"\xbc\x24\x11" + low)


def _ipv4(offset: int) -> str:
    return str(IPv4Network("10.0.0.0/8").network_address + offset)
