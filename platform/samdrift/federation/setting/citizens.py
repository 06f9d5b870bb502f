"""Settings of the role citizens: the citizens' directory."""

from __future__ import annotations

from samdrift.federation.derived import Guest
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import Settings, certificate


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.citizens.Settings`."""
    return {
        "certificate": certificate(federation, guest.fqdn),
        "fqdn": guest.fqdn,
        "keeper_password": {"secret": "citizens-keeper"},
        "reader_password": {"secret": "citizens-reader"},
    }
