"""Settings of the role database: the host of databases."""

from __future__ import annotations

from samdrift.federation.database import systems
from samdrift.federation.derived import Guest
from samdrift.federation.guest import hall_address
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import Settings, certificate


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.database.Settings`."""
    return {
        "certificate": certificate(federation, guest.fqdn),
        "systems": [
            {
                "name": system.name,
                "password": {"secret": system.secret},
                "hosts4": [f"{hall_address(federation, host)[0]}/32" for host in system.hosts],
                "hosts6": [f"{hall_address(federation, host)[1]}/128" for host in system.hosts],
            }
            for system in systems(federation.hall)
        ],
    }
