"""The service workplace: the standard workplace of each kind."""

from __future__ import annotations

from samdrift.federation.record import Service

SERVICE = Service(
    name="workplace",
    title="Standard workplace",
    titel="Standardarbetsplats",
    status="offered",
    requires=("directory",),
    replaces=("workplaces",),
    roles=("workplace",),
)
