"""Settings of the role probe: a workplace that tries the services for the monitor."""

from __future__ import annotations

from samdrift.federation import monitoring, watch
from samdrift.federation.derived import Guest
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import Settings


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.probe.Settings`."""
    return {
        "modules": watch.modules(federation, guest),
        "port": monitoring.PROBE_PORT,
        "transaction_port": monitoring.TRANSACTION_PORT,
        "realm": federation.hall.realm,
        "people": "join",
    }
