"""Settings of the role vault: the copy elsewhere."""

from __future__ import annotations

from samdrift.federation.derived import Guest
from samdrift.federation.guest import hall_address
from samdrift.federation.record import Federation
from samdrift.federation.service.backup import STORE_PORT
from samdrift.federation.setting.fact import Settings
from samdrift.federation.setting.repository import READER_KEY, RETENTION_DAYS, STORE, STORE_KEY


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.vault.Settings`."""
    return {
        "store": str(hall_address(federation, STORE)[0]),
        "store_key": {"public": STORE_KEY},
        "key": {"secret": READER_KEY},
        "port": int(STORE_PORT),
        "source_days": RETENTION_DAYS,
    }
