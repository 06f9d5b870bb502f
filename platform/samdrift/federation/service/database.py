"""The service database: PostgreSQL as a service, an account and a database of its own for each system."""

from __future__ import annotations

from samdrift.federation.database import HOST, PORT, SYSTEMS
from samdrift.federation.record import Flow, Service

SERVICE = Service(
    name="database",
    title="Databases",
    titel="Databaser",
    status="offered",
    replaces=("databases",),
    roles=("database",),
    flows=tuple(
        Flow(
            name=f"database-{system.name}",
            source=system.hosts,
            target=(HOST,),
            protocol="tcp",
            ports=(str(PORT),),
            why="A system asks its own database",
        )
        for system in SYSTEMS
    ),
)
