"""Settings of the role watched: every host that the monitor asks how it is."""

from __future__ import annotations

from samdrift.federation import monitoring
from samdrift.federation.derived import Guest
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import Settings


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.watched.Settings`."""
    return {"port": monitoring.HOST_PORT}
