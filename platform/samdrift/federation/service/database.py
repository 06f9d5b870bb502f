"""The service database: PostgreSQL as a service, an account and a database of its own for each system."""

from __future__ import annotations

from samdrift.federation.database import SYSTEMS, flows
from samdrift.federation.record import Service

SERVICE = Service(
    name="database",
    title="Databases",
    titel="Databaser",
    status="offered",
    replaces=("databases",),
    roles=("database",),
    flows=flows(SYSTEMS),
)
