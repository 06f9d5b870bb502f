"""The networks of each stack: what it declares on the hypervisor."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import get_args

from samdrift.federation import addressing, municipality
from samdrift.federation.derived import Network, NetworkName, Zone
from samdrift.federation.record import AnyStack, Federation, Hall, Member


def zones_of(hall: Hall) -> tuple[Zone, ...]:
    """The SDN zones, declared by the hall's stack for all."""
    uplinks = hall.hypervisor.uplinks
    return tuple(Zone(name=name, bridge=getattr(uplinks, name)) for name in ("adm", "ped", "hall"))


def networks_of(federation: Federation, stack: AnyStack) -> tuple[Network, ...]:
    """The networks this stack declares. The vault's network is the hall's: edge has a leg in it."""
    if isinstance(stack, Hall):
        return tuple(_hall(stack, name) for name in get_args(NetworkName) if name in addressing.HALL_NETWORKS)
    if isinstance(stack, Member):
        return _member(federation.hall, stack)
    return ()


def hall_network(federation: Federation, name: str) -> Network:
    """One network of the hall by name."""
    return _hall(federation.hall, name)


def prefix4(member: Member) -> IPv4Network:
    """The member's IPv4 prefix: from its code, or the override."""
    return member.prefix or addressing.member4(member.code)


def _hall(hall: Hall, name: str) -> Network:
    vnet, tag, _, ipv4 = addressing.HALL_NETWORKS[name]
    wan = name == "wan"
    return Network(
        name=name,
        vnet=vnet,
        zone="hall",
        tag=tag,
        stack=hall.name,
        member=None,
        ipv4=hall.wan.ipv4 if wan else ipv4,
        ipv6=hall.wan.ipv6 if wan else addressing.hall6(hall.ula, name),
    )


def _member(hall: Hall, member: Member) -> tuple[Network, ...]:
    ordinal = municipality.ordinal(member.code)
    block6 = addressing.member6(member.code, ula=hall.ula)
    parts = zip(
        ("adm", "ped"),
        addressing.vnets(member.code),
        addressing.tags(ordinal),
        addressing.halves(prefix4(member)),
        (addressing.subnet6(block6, 1), addressing.subnet6(block6, 2)),
        strict=True,
    )
    return tuple(
        Network(name=name, vnet=vnet, zone=name, tag=tag, stack=member.name, member=member.key, ipv4=four, ipv6=six)
        for name, vnet, tag, four, six in parts
    )
