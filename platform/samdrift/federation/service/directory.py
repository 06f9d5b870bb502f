"""The service directory: one sign-in for employees and pupils of all members."""

from __future__ import annotations

from samdrift.federation import hall
from samdrift.federation.end import CLIENTS
from samdrift.federation.record import Flow, Service

_TCP = ("53", "88", "135", "139", "389", "445", "464", "636", "3268-3269", "49152-65535")
_UDP = ("53", "88", "123", "137-138", "389", "464")

SERVICE = Service(
    name="directory",
    title="Directory and sign-in",
    titel="Katalog och inloggning",
    status="offered",
    replaces=("directory-service",),
    roles=("directory",),
    flows=(
        Flow(
            name="directory-tcp",
            source=(*CLIENTS, "svc", "edge"),
            target=hall.DIRECTORY,
            protocol="tcp",
            ports=_TCP,
            why="DNS, Kerberos, LDAP, global catalogue, SMB and RPC of the directory hosts",
        ),
        Flow(
            name="directory-udp",
            source=(*CLIENTS, "svc", "edge"),
            target=hall.DIRECTORY,
            protocol="udp",
            ports=_UDP,
            why="DNS, Kerberos, time, NetBIOS names and LDAP ping of the directory hosts",
        ),
        Flow(
            name="directory-echo",
            source=(*CLIENTS, "svc"),
            target=hall.DIRECTORY,
            protocol="icmp",
            why="Sites measure their way to the directory hosts",
        ),
        Flow(
            name="sysvol-sync",
            source=hall.DIRECTORY,
            target=hall.DIRECTORY,
            protocol="tcp",
            ports=("22",),
            why="Samba does not replicate sysvol: one directory host copies it from the other",
        ),
    ),
)
