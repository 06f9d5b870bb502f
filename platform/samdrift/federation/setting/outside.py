"""Settings of the role outside: the guest that plays the rest of the world."""

from __future__ import annotations

from samdrift.federation.derived import Guest
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import Settings, addresses, published_addresses


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.outside.Settings`."""
    leg = guest.interface("wan")
    return {
        "domain": federation.hall.domain,
        "addresses": addresses(leg),
        "hall": published_addresses(federation),
        "members": [],
        "dkim": {"private": {"secret": "dkim-internet.rsa"}, "public": {"public": "dkim-internet.rsa"}},
        "gateway4": str(leg.gateway4),
        "gateway6": str(leg.gateway6),
    }
