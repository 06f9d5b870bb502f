"""The service directory: one sign-in for employees and pupils of all members, and another one for citizens."""

from __future__ import annotations

from samdrift.federation import application, hall
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
    roles=("directory", "accounts", "citizens", "portal"),
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
            name="portal",
            source=(*CLIENTS, "svc"),
            target=(application.PORTAL,),
            protocol="tcp",
            ports=("443",),
            why="People sign in at the portal, and applications redeem what they bring from there",
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
        Flow(
            name="register-delivery",
            source=("adm",),
            target=("accounts",),
            protocol="tcp",
            ports=("2222",),
            why="A member's personnel system delivers its export by SFTP",
        ),
        Flow(
            name="school-registers",
            source=("accounts",),
            target=("wan",),
            protocol="tcp",
            ports=("443",),
            why="Pupils are read from the members' school registers, which others run",
        ),
        Flow(
            name="citizens-directory",
            source=("svc",),
            target=("cdir",),
            protocol="tcp",
            ports=("636",),
            why="The portal and e-services ask who signs in; nobody else reaches it",
        ),
    ),
)
