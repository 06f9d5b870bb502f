"""The service directory: one sign-in for employees and pupils of all members, and another one for citizens."""

from __future__ import annotations

from samdrift.federation import application, hall
from samdrift.federation.end import CLIENTS
from samdrift.federation.record import Flow, Page, Service

_TCP = ("53", "88", "135", "139", "389", "445", "464", "636", "3268", "3269", "49152-65535")
_UDP = ("53", "88", "123", "137-138", "389", "464")
_KERBEROS = "Kerberos encrypts and signs by itself"
_NAMES = "Names of hosts are no secret; changes are signed"
_SMB = "SMB signs and encrypts by itself, after a sign-in by Kerberos or NTLMv2"

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
            tls=(
                ("53", _NAMES),
                ("88", _KERBEROS),
                ("135", "Says at which port an RPC service is, and nothing else"),
                ("139", _SMB),
                ("389", "ldap-starttls"),
                ("445", _SMB),
                ("464", _KERBEROS),
                ("636", "ldaps"),
                ("3268", "ldap-starttls"),
                ("3269", "ldaps"),
                ("49152-65535", "RPC seals what it carries by itself, with keys from Kerberos"),
            ),
        ),
        Flow(
            name="directory-udp",
            source=(*CLIENTS, "svc", "edge"),
            target=hall.DIRECTORY,
            protocol="udp",
            ports=_UDP,
            why="DNS, Kerberos, time, NetBIOS names and LDAP ping of the directory hosts",
            tls=(
                ("53", _NAMES),
                ("88", _KERBEROS),
                ("123", "The time is no secret; members of the domain get it signed"),
                ("137-138", _NAMES),
                ("389", "Which directory host is nearest is no secret"),
                ("464", _KERBEROS),
            ),
        ),
        Flow(
            name="portal",
            source=(*CLIENTS, "svc"),
            target=(application.PORTAL,),
            protocol="tcp",
            ports=("443",),
            why="People sign in at the portal, and applications redeem what they bring from there",
            tls=(("443", "https"),),
            # Made from the configuration the portal has read, in which every application's sign-in stands.
            pages=(
                Page(port="443", path="/.well-known/openid-configuration", shows='"authorization_endpoint":"https://'),
            ),
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
            tls=(("2222", "SSH encrypts by itself, and both sides prove who they are by key"),),
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
