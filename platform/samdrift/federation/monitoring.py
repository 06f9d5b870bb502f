"""What watching needs: it is no service that a member switches on, every host and every service is watched."""

from __future__ import annotations

from samdrift.federation.record import Flow
from samdrift.federation.support import HOST as DESK

HOST = "monitor"
"""The guest that watches, and its name in the hall's domain."""

HOST_PORT, PROBE_PORT, TRANSACTION_PORT = 9100, 9115, 9116
"""Where a host tells of itself, where a workplace tries a port, and where it does what a person does."""

FLOWS: tuple[Flow, ...] = (
    Flow(
        name="watch-hosts",
        source=(HOST,),
        target=("svc", "dmz", "edge", "gateways", "adm", "ped"),
        protocol="tcp",
        ports=(str(HOST_PORT),),
        why="The monitor asks every host which of its units run, whatever services are on",
    ),
    Flow(
        name="watch-vault",
        source=(HOST,),
        target=("vault",),
        protocol="icmp",
        why="Whether the vault is there; nothing of the hall opens a connection to it",
    ),
    Flow(
        name="watch-from-members",
        source=(HOST,),
        target=("adm", "ped"),
        protocol="tcp",
        ports=(str(PROBE_PORT), str(TRANSACTION_PORT)),
        why="The monitor has services tried where people sit",
    ),
    Flow(
        name="alarms",
        source=(HOST,),
        target=(DESK,),
        protocol="tcp",
        ports=("443",),
        why="A failure that the monitor sees becomes a case",
    ),
    Flow(
        name="monitor-pages",
        source=("adm",),
        target=(HOST,),
        protocol="tcp",
        ports=("443",),
        why="Operators look at failures and measurements from their workplaces, and silence what is planned",
        tls=(("443", "https"),),
    ),
)
