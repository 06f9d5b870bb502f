"""What the settings of several roles say alike."""

from __future__ import annotations

from typing import Any

from samdrift.federation import addressing, hall
from samdrift.federation.derived import Guest, Interface, Network
from samdrift.federation.flow import rules_of
from samdrift.federation.guest import hall_address, router
from samdrift.federation.network import hall_network
from samdrift.federation.record import Federation

Settings = dict[str, Any]

ADMINISTRATOR = "directory-administrator"
JOIN = "directory-join"
"""Names of the directory's secrets: its administrator's password, and the one computers join with."""

ROOT = "root.ca"
"""Name of the federation's own authority (`samdrift.secret`)."""

TRUSTED: list[Settings] = [{"public": ROOT}]
"""Roots that hosts trust: two while one is replaced by another (docs/pki.md)."""

CERTIFICATE_DAYS = 30
"""Life of an internal certificate: short, so that renewal is nothing special. Ten days of it remain when it is renewed:
an authority that stands still over a weekend stops nobody."""

_PRIVATE4 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
# The engineer's way in stands in the roles' templates by hand: no mistake in a flow may shut it.
_BY_HAND = ("engineer-to-bastion", "bastion-to-guests")


def certificate(federation: Federation, *names: str, public: bool = False) -> Settings:
    """What `roles.operations.certificate` must know: the names, and the authority's directory (RFC 8555, 7.1.1).

    `public`: of a host that strangers know by name (`hall.PUBLIC`).
    """
    if public and (outside := federation.hall.acme):
        # How long it lives is for that authority to say.
        return {"names": list(names), "directory": outside.directory, "contact": outside.contact}
    return {
        "names": list(names),
        "directory": f"https://pki.{federation.hall.domain}/acme/internal/directory",
        "days": CERTIFICATE_DAYS,
    }


def router_rules(federation: Federation, guest: Guest) -> list[Settings]:
    """A router's rules; what it sends itself is not filtered there but by its guest firewall."""
    return [
        rule.model_dump(mode="json", by_alias=True)
        for rule in rules_of(federation, guest)
        if rule.from_ != "self" and rule.name not in _BY_HAND
    ]


def edge_for(federation: Federation, guest: Guest) -> list[str]:
    """Edge's address as this guest's flows to it expect it: in transit for everything of a member."""
    network = "transit" if guest.member else guest.interfaces[0].name
    return [str(router(hall_network(federation, network))[0])]


def directory_hosts(federation: Federation) -> list[str]:
    """IPv4 addresses of the directory hosts."""
    return [str(hall_address(federation, name)[0]) for name in hall.DIRECTORY]


def published_addresses(federation: Federation) -> Settings:
    """Under which addresses the world reaches what the hall publishes: edge's towards the Internet."""
    ipv4, ipv6 = router(hall_network(federation, "wan"))
    return {"ipv4": str(ipv4), "ipv6": str(ipv6)}


def federation_prefixes(federation: Federation) -> Settings:
    """All prefixes the federation may use."""
    return {"ipv4": _PRIVATE4, "ipv6": [str(addressing.federation6(federation.hall.ula))]}


def management_prefixes(federation: Federation) -> Settings:
    """The management network."""
    network = hall_network(federation, "mgt")
    return {"ipv4": [str(network.ipv4)], "ipv6": [str(network.ipv6)]}


def addresses(leg: Interface) -> Settings:
    """A leg's addresses, IPv4 and IPv6."""
    return {"ipv4": str(leg.ipv4.ip), "ipv6": str(leg.ipv6.ip)}


def prefixes(network: Network) -> Settings:
    """A network's prefixes, IPv4 and IPv6."""
    return {"ipv4": str(network.ipv4), "ipv6": str(network.ipv6)}
