"""Settings of the role nameserver: the public zones of the hall and the members."""

from __future__ import annotations

from samdrift.federation.derived import Guest
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import Settings, addresses, published_addresses


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.nameserver.Settings`."""
    return {
        "domain": federation.hall.domain,
        "listen": addresses(guest.interface("dmz")),
        "published": published_addresses(federation),
        "dkim": {"public": "dkim-hall.rsa"},
        "members": [],
    }
