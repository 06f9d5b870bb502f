"""Settings of the role edge: the hall's router."""

from __future__ import annotations

from samdrift.federation import hall as hall_guests
from samdrift.federation import publication
from samdrift.federation.derived import Guest
from samdrift.federation.flow import flows_of
from samdrift.federation.guest import hall_address, outside_addresses
from samdrift.federation.network import networks_of
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import (
    Settings,
    addresses,
    directory_hosts,
    federation_prefixes,
    management_prefixes,
    prefixes,
    router_rules,
)


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.edge.Settings`."""
    hall = federation.hall
    upstream = [str(address) for address in hall.resolvers]
    if not upstream and hall.outside:
        upstream = [str(address) for address in outside_addresses(federation)]
    return {
        "networks": {network.name: prefixes(network) for network in networks_of(federation, hall)},
        "addresses": {leg.name: addresses(leg) for leg in guest.interfaces},
        "federation": federation_prefixes(federation),
        "management": management_prefixes(federation),
        "members": [],
        "rules": router_rules(federation, guest),
        "forwards": upstream,
        "validate": not hall.outside,
        "ad_domain": hall.ad_domain,
        "dcs": directory_hosts(federation),
        "domain": hall.domain,
        "hosts": _hosts(federation),
        "nameserver": _known_as(federation, "ns1"),
        "mail": f"mail.{hall.domain}",
        "published": [
            {"name": flow.name, "proto": flow.protocol, "ports": list(flow.ports), **_known_as(federation, name)}
            for flow, name in publication.published(flows_of(federation, guest))
        ],
        "time_sources": [],
    }


def _hosts(federation: Federation) -> list[Settings]:
    """Names and addresses of the hall's own guests; who plays the rest of the world is none of them."""
    found = []
    for row in hall_guests.present(federation.hall):
        if row.role != "outside":
            domain = federation.hall.ad_domain if row.in_directory else federation.hall.domain
            found.append({"name": f"{row.name}.{domain}", **_known_as(federation, row.name)})
    return found


def _known_as(federation: Federation, name: str) -> Settings:
    """The addresses a guest of the hall has inside."""
    ipv4, ipv6 = hall_address(federation, name)
    return {"ipv4": str(ipv4), "ipv6": str(ipv6)}
