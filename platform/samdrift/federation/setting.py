"""The settings of each role on each guest: keyword arguments of the role's own `Settings`, in JSON types.

Three things are not known here and come from the one who deploys: the engineer's public keys
(`base.authorized_keys`), the members that have joined (`edge.members` and `directory.members`, by
`handover.fill_members`), and the values of secrets (`{"secret": name}`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from samdrift.federation import addressing
from samdrift.federation.derived import Guest, Network
from samdrift.federation.flow import rules_of
from samdrift.federation.guest import outside_addresses, router
from samdrift.federation.network import hall_network, networks_of
from samdrift.federation.record import Federation, Member

Settings = dict[str, Any]

TIMEZONE = "Europe/Stockholm"
LOCALE = "sv_SE.UTF-8"
SECRETS = ("directory-administrator", "directory-join")
"""Names of all secrets that settings refer to."""

_PRIVATE4 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
# The engineer's way in stands in the roles' templates by hand: no mistake in a flow may shut it.
_BY_HAND = ("desk-to-bastion", "bastion-to-guests")


def settings_of(federation: Federation, guest: Guest) -> dict[str, Settings]:
    """Settings of a guest's roles by role name, in the order in which the roles are installed."""
    return {role: _OF[role](federation, guest) for role in guest.roles}


def _base(federation: Federation, guest: Guest) -> Settings:
    # edge is the clock; outside takes nothing from the hall it plays against
    asks_edge = not {"edge", "outside"} & set(guest.roles)
    return {
        "fqdn": guest.fqdn,
        "timezone": TIMEZONE,
        "locale": LOCALE,
        "authorized_keys": [],
        "packages_proxy": federation.hall.packages,
        "nameservers": list(guest.nameservers),
        "search": guest.search,
        "time_servers": _edge_for(federation, guest) if asks_edge else [],
        "sets_clock": guest.kind == "vm",
    }


def _gateway(federation: Federation, guest: Guest) -> Settings:
    member = _member(federation, guest)
    adm, ped = networks_of(federation, member)
    transit = guest.interface("transit")
    upstream4, upstream6 = router(hall_network(federation, "transit"))
    return {
        "member": member.key,
        "adm": _prefixes(adm),
        "ped": _prefixes(ped),
        "transit": {"ipv4": str(transit.ipv4.ip), "ipv6": str(transit.ipv6.ip)},
        "upstream4": str(upstream4),
        "upstream6": str(upstream6),
        "hall": {
            "ipv4": [str(addressing.HALL4)],
            "ipv6": [str(addressing.member6("0000", ula=federation.hall.ula))],
        },
        "federation": _federation(federation),
        "management": _management(federation),
        "rules": _rules(federation, guest),
    }


def _edge(federation: Federation, guest: Guest) -> Settings:
    hall = federation.hall
    upstream = [str(address) for address in hall.resolvers]
    if not upstream and hall.outside:
        upstream = [str(address) for address in outside_addresses(federation)]
    return {
        "networks": {network.name: _prefixes(network) for network in networks_of(federation, hall)},
        "addresses": {leg.name: {"ipv4": str(leg.ipv4.ip), "ipv6": str(leg.ipv6.ip)} for leg in guest.interfaces},
        "federation": _federation(federation),
        "management": _management(federation),
        "members": [],
        "rules": _rules(federation, guest),
        "forwards": upstream,
        "validate": not hall.outside,
        "ad_domain": hall.ad_domain,
        "dcs": _directory_hosts(federation),
        "time_sources": [],
    }


def _directory(federation: Federation, guest: Guest) -> Settings:
    hall = federation.hall
    peer = next(name for name in addressing.DIRECTORY if name != guest.name)
    svc = hall_network(federation, "svc")
    return {
        "realm": hall.realm,
        "domain": hall.netbios,
        "domain_dns": hall.ad_domain,
        "first": guest.name == next(iter(addressing.DIRECTORY)),
        "address": str(guest.interface("svc").ipv4.ip),
        "peer": peer,
        "peer_address": str(addressing.host4(svc.ipv4, addressing.DIRECTORY[peer]).ip),
        "forwarder": str(router(svc)[0]),
        "members": [],
        "people": hall.people.model_dump(),
        "admin_password": {"secret": SECRETS[0]},
        "join_user": "join",
        "join_password": {"secret": SECRETS[1]},
    }


def _workplace(federation: Federation, guest: Guest) -> Settings:
    hall = federation.hall
    return {
        "realm": hall.realm,
        "domain": hall.netbios,
        "domain_dns": hall.ad_domain,
        "dcs": [f"{name}.{hall.ad_domain}" for name in addressing.DIRECTORY],
        "kind": guest.interfaces[0].name,
        "member": guest.member,
        "join_user": "join",
        "join_password": {"secret": SECRETS[1]},
    }


def _outside(federation: Federation, guest: Guest) -> Settings:
    leg = guest.interface("wan")
    return {
        "domain": federation.hall.domain,
        "addresses": {"ipv4": str(leg.ipv4.ip), "ipv6": str(leg.ipv6.ip)},
        "gateway4": str(leg.gateway4),
        "gateway6": str(leg.gateway6),
    }


_OF: dict[str, Callable[[Federation, Guest], Settings]] = {
    "base": _base,
    "gateway": _gateway,
    "edge": _edge,
    "directory": _directory,
    "workplace": _workplace,
    "outside": _outside,
}


def _rules(federation: Federation, guest: Guest) -> list[Settings]:
    """A router's rules; what it sends itself is not filtered there but by its guest firewall."""
    return [
        rule.model_dump(mode="json", by_alias=True)
        for rule in rules_of(federation, guest)
        if rule.from_ != "self" and rule.name not in _BY_HAND
    ]


def _edge_for(federation: Federation, guest: Guest) -> list[str]:
    """Edge's address as this guest's flows to it expect it: in transit for everything of a member."""
    network = "transit" if guest.member else guest.interfaces[0].name
    return [str(router(hall_network(federation, network))[0])]


def _directory_hosts(federation: Federation) -> list[str]:
    svc = hall_network(federation, "svc")
    return [str(addressing.host4(svc.ipv4, number).ip) for number in addressing.DIRECTORY.values()]


def _federation(federation: Federation) -> Settings:
    return {"ipv4": _PRIVATE4, "ipv6": [str(addressing.federation6(federation.hall.ula))]}


def _management(federation: Federation) -> Settings:
    network = hall_network(federation, "mgt")
    return {"ipv4": [str(network.ipv4)], "ipv6": [str(network.ipv6)]}


def _prefixes(network: Network) -> Settings:
    return {"ipv4": str(network.ipv4), "ipv6": str(network.ipv6)}


def _member(federation: Federation, guest: Guest) -> Member:
    stack = federation.stack(guest.stack)
    if not isinstance(stack, Member):
        raise TypeError(f"{guest.name} is a gateway outside a member's stack: {guest.stack}")
    return stack
