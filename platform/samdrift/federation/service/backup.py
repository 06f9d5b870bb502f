"""The service backup: what the hall keeps for its members can be brought back, from a second place too."""

from __future__ import annotations

from samdrift.federation.record import Flow, Service

STORE_PORT = "2222"
"""The backup store's own SSH daemon: who brings archives never reaches the port by which the host is administered."""

SERVICE = Service(
    name="backup",
    title="Backup",
    titel="Säkerhetskopiering",
    status="offered",
    replaces=("backup",),
    roles=("repository", "backup", "vault"),
    flows=(
        Flow(
            name="backup-store",
            source=("svc",),
            target=("backup",),
            protocol="tcp",
            ports=(STORE_PORT,),
            why="Hosts bring archives to the backup store and fetch them back",
        ),
        Flow(
            name="vault-fetches",
            source=("vault",),
            target=("backup",),
            protocol="tcp",
            ports=(STORE_PORT,),
            why="The copy elsewhere is fetched by the vault itself: nothing of the hall opens a connection to it",
        ),
    ),
)
