"""The service catalogue: what the federation offers its members, what traffic each service needs, what it replaces.

Adding a service is a module in service/, a role, and checks. A service that nothing delivers yet is `planned`:
inventory rows may name it as their target, but no member can switch it on.
"""

from __future__ import annotations

from samdrift.federation import monitoring, service
from samdrift.federation.record import Flow, Service

CATEGORIES: dict[str, str] = {
    # the twelve that every member runs on its own today
    "operation-site": "Operation site, server hall",
    "server-platform": "Server platform",
    "internet-connection": "Internet connection",
    "firewall": "Firewall",
    "mail-system": "Mail system",
    "spam-filter": "Spam filter",
    "websites": "Websites",
    "support": "Service organisation, support",
    "finance-system": "Finance system",
    "personnel-system": "Personnel system",
    "library-system": "Library system",
    "case-handling": "Case and document handling",
    # what must be asked of each member besides
    "directory-service": "Directory service, accounts",
    "workplaces": "Workplaces, computers",
    "backup": "Backup",
    "archive": "Archive",
    "virus-protection": "Virus protection",
    "monitoring": "Monitoring",
    "databases": "Databases",
    "intranet": "Intranet",
    "printing": "Printing",
    "telephony": "Telephony",
}
"""Categories of the inventory: identifier and English title."""

_NAMES = "Names of hosts are no secret, and who may ask is decided by the network"

PLATFORM_FLOWS: tuple[Flow, ...] = (
    Flow(
        name="engineer-to-bastion",
        source=("engineer",),
        target=("edge",),
        protocol="tcp",
        ports=("22",),
        why="The engineer's way in: edge is the bastion",
    ),
    Flow(
        name="bastion-to-guests",
        source=("edge",),
        target=("svc", "dmz", "vault", "gateways", "adm", "ped", "outside"),
        protocol="tcp",
        ports=("22",),
        why="Deploys and checks reach every guest through the bastion",
    ),
    Flow(
        name="resolve-udp",
        source=("adm", "ped", "gateways", "svc", "dmz", "vault"),
        target=("edge",),
        protocol="udp",
        ports=("53",),
        why="Edge is the resolver towards the outside",
        tls=(("53", _NAMES),),
    ),
    Flow(
        name="resolve-tcp",
        source=("adm", "ped", "gateways", "svc", "dmz", "vault"),
        target=("edge",),
        protocol="tcp",
        ports=("53",),
        why="Long answers come by TCP (RFC 7766)",
        tls=(("53", _NAMES),),
    ),
    Flow(
        name="time",
        source=("adm", "ped", "gateways", "svc", "dmz", "vault"),
        target=("edge",),
        protocol="udp",
        ports=("123",),
        why="One clock for all: Kerberos refuses a difference of five minutes",
        tls=(("123", "The time is no secret"),),
    ),
    Flow(
        name="echo",
        source=("adm", "ped", "gateways", "svc", "dmz", "vault", "engineer"),
        target=("edge",),
        protocol="icmp",
        why="Sites measure their way to the hall",
    ),
    Flow(
        name="echo-from-bastion",
        source=("edge",),
        target=("svc", "dmz", "vault", "gateways", "adm", "ped", "outside"),
        protocol="icmp",
        why="Faults are narrowed down from the bastion",
    ),
    Flow(
        name="upstream-udp",
        source=("edge",),
        target=("wan",),
        protocol="udp",
        ports=("53", "123"),
        why="Edge asks resolvers and clocks of the outside world",
    ),
    Flow(
        name="public-names-udp",
        source=("wan", "edge"),
        target=("ns1",),
        protocol="udp",
        ports=("53",),
        why="The world asks for the hall's and the members' zones, and so does edge for those inside",
    ),
    Flow(
        name="public-names-tcp",
        source=("wan", "edge"),
        target=("ns1",),
        protocol="tcp",
        ports=("53",),
        why="Long answers come by TCP (RFC 7766)",
    ),
    Flow(
        name="upstream-tcp",
        source=("edge",),
        target=("wan",),
        protocol="tcp",
        ports=("53",),
        why="Long answers come by TCP (RFC 7766)",
    ),
    Flow(
        name="certificates",
        source=("svc", "dmz"),
        target=("pki",),
        protocol="tcp",
        ports=("443",),
        why="Hosts fetch and renew their certificates (RFC 8555)",
    ),
    Flow(
        name="certificate-validation",
        source=("pki",),
        target=("svc", "dmz"),
        protocol="tcp",
        ports=("80",),
        why="Who asks for a name's certificate must answer at that name (RFC 8555, 8.3)",
    ),
    *monitoring.FLOWS,
)
"""What the platform itself needs, whatever services are on."""

SERVICES: tuple[Service, ...] = (
    *service.OFFERED,
    *(
        Service(name=name, title=title, titel=titel, status="planned", replaces=replaces)
        for name, title, titel, replaces in (
            ("internet", "Internet exit and firewall", "Internet och brandvägg", ("internet-connection", "firewall")),
            ("web", "Websites", "Webbplatser", ("websites", "intranet")),
            ("server", "Server operation", "Serverdrift", ("operation-site", "server-platform")),
            ("finance", "Finance system", "Ekonomisystem", ("finance-system",)),
            ("personnel", "Personnel system", "Personalsystem", ("personnel-system",)),
            ("library", "Library system", "Bibliotekssystem", ("library-system",)),
            ("case", "Case and document handling", "Ärende- och dokumenthantering", ("case-handling",)),
            ("archive", "Archive", "Arkiv", ("archive",)),
            ("antivirus", "Virus protection", "Virusskydd", ("virus-protection",)),
            ("monitoring", "Monitoring", "Övervakning", ("monitoring",)),
            ("print", "Printing", "Utskrift", ("printing",)),
            ("telephony", "Telephony", "Telefoni", ("telephony",)),
        )
    ),
)

BY_NAME: dict[str, Service] = {one.name: one for one in SERVICES}
OFFERED: tuple[str, ...] = tuple(one.name for one in SERVICES if one.status == "offered")
