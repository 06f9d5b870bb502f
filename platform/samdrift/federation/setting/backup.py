"""Settings of the role backup: a host that brings archives to the store."""

from __future__ import annotations

from samdrift.federation.derived import Guest
from samdrift.federation.guest import hall_address
from samdrift.federation.record import Federation
from samdrift.federation.service.backup import STORE_PORT
from samdrift.federation.setting.fact import Settings
from samdrift.federation.setting.repository import STORE, STORE_KEY, client_key


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.backup.Settings`."""
    return {
        "host": guest.name,
        "store": str(hall_address(federation, STORE)[0]),
        "store_key": {"public": STORE_KEY},
        "key": {"secret": client_key(guest.name)},
        "secret": {"secret": f"borg-{guest.name}"},
        "port": int(STORE_PORT),
        "recovery_point_hours": federation.hall.backup.recovery_point_hours,
    }
