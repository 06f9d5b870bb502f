"""Settings of the role outside: the guest that plays the rest of the world."""

from __future__ import annotations

from samdrift.federation.derived import Guest
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import Settings


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.outside.Settings`."""
    leg = guest.interface("wan")
    return {
        "domain": federation.hall.domain,
        "addresses": {"ipv4": str(leg.ipv4.ip), "ipv6": str(leg.ipv6.ip)},
        "gateway4": str(leg.gateway4),
        "gateway6": str(leg.gateway6),
    }
