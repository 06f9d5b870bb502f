"""Settings of the role repository: the backup store."""

from __future__ import annotations

from samdrift.federation import hall
from samdrift.federation.derived import Guest
from samdrift.federation.record import Federation
from samdrift.federation.service.backup import STORE_PORT
from samdrift.federation.setting.fact import Settings

STORE = "backup"
STORE_KEY = "store.ed25519"
READER_KEY = "vault.ed25519"
"""Names of SSH keys: the store's own, and the one by which the vault reads it."""
RETENTION_DAYS = 30
"""BAK-03's retention: no archive is given up earlier."""


def client_key(host: str) -> str:
    """Name of the SSH key by which a host brings its archives."""
    return f"backup-{host}.ed25519"


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.repository.Settings`."""
    clients = [row.name for row in hall.present(federation.hall) if hall.is_kept(row)]
    return {
        "host_key": {"secret": STORE_KEY},
        "reader_key": {"public": READER_KEY},
        "clients": [{"host": name, "key": {"public": client_key(name)}} for name in clients],
        "port": int(STORE_PORT),
        "retention_days": RETENTION_DAYS,
    }
