"""Settings of the role base: every host."""

from __future__ import annotations

from samdrift.federation.derived import Guest
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import TRUSTED, Settings, edge_for

TIMEZONE = "Europe/Stockholm"
LOCALE = "sv_SE.UTF-8"


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.base.Settings`."""
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
        "trusted": [] if "outside" in guest.roles else TRUSTED,
        "time_servers": edge_for(federation, guest) if asks_edge else [],
        "sets_clock": guest.kind == "vm",
    }
