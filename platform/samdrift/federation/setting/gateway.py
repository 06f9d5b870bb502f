"""Settings of the role gateway: a member's gateway."""

from __future__ import annotations

from samdrift.federation import addressing
from samdrift.federation.derived import Guest
from samdrift.federation.guest import router
from samdrift.federation.network import hall_network, networks_of
from samdrift.federation.record import Federation, Member
from samdrift.federation.setting.fact import Settings, federation_prefixes, management_prefixes, prefixes, router_rules


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.gateway.Settings`."""
    member = _member(federation, guest)
    adm, ped = networks_of(federation, member)
    transit = guest.interface("transit")
    upstream4, upstream6 = router(hall_network(federation, "transit"))
    return {
        "member": member.key,
        "adm": prefixes(adm),
        "ped": prefixes(ped),
        "transit": {"ipv4": str(transit.ipv4.ip), "ipv6": str(transit.ipv6.ip)},
        "upstream4": str(upstream4),
        "upstream6": str(upstream6),
        "hall": {
            "ipv4": [str(addressing.HALL4)],
            "ipv6": [str(addressing.member6("0000", ula=federation.hall.ula))],
        },
        "federation": federation_prefixes(federation),
        "management": management_prefixes(federation),
        "rules": router_rules(federation, guest),
    }


def _member(federation: Federation, guest: Guest) -> Member:
    stack = federation.stack(guest.stack)
    if not isinstance(stack, Member):
        raise TypeError(f"{guest.name} is a gateway outside a member's stack: {guest.stack}")
    return stack
