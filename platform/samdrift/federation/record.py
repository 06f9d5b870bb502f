"""The records that are declared: what a stack file may say, and what the catalogue offers.

They have exactly the keys of the stack files; `load.py` fills them and reports what does not fit. What follows from
them is in `derived.py`.
"""

from __future__ import annotations

import re
from datetime import date
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

Label = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9-]{0,22}[a-z0-9]$",
        description="a name of 2 to 24 lower-case letters, digits and hyphens, beginning with a letter",
    ),
]
"""A name that becomes part of host names, pools and tags."""

Domain = Annotated[
    str,
    Field(
        pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$",
        max_length=200,
        description="a DNS domain of two or more labels in lower case, without a dot at the end (IDN as xn--)",
    ),
]
"""A DNS domain."""

Sentence = Annotated[str, Field(min_length=10, description="a reason somebody can read, ten characters or more")]
"""A reason."""

Ports = Annotated[
    str, Field(pattern=r"^[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?$", description='a port or a range: "53", "49152-65535"')
]
"""One port or a range, as text."""

Tls = Literal["https", "ldaps", "imaps", "smtps", "ldap-starttls", "smtp-starttls"]
"""What is spoken under TLS, and where that begins: with the first byte, or when the client asks for it (STARTTLS)."""

Protocol = Literal["tcp", "udp", "icmp"]
"""`icmp` is an echo request of either family (ICMP or ICMPv6), nothing else of ICMP."""


class Record(BaseModel):
    """Base of all records: cannot be changed, refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Uplinks(Record):
    """Bridge of the nodes that carries each zone. `adm` and `ped` differ: the two networks are physically two."""

    adm: str
    ped: str
    hall: str


class Storage(Record):
    """Storage ids on the hypervisor: of the guests' disks, of container templates, of backups."""

    guests: str
    templates: str
    backups: str


class Hypervisor(Record):
    """What differs between one hypervisor and another; endpoint and credentials come from the environment."""

    nodes: tuple[str, ...] = Field(min_length=2)
    uplinks: Uplinks
    storage: Storage
    template: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_.-]*:vztmpl/[A-Za-z0-9_.+-]+\.tar\.(zst|gz|xz)$",
        description="a template's volume id: <storage>:vztmpl/<name>.tar.zst",
    )
    """Volume id of the approved container template."""
    image: str | None = None
    """Volume id of the approved disk image; needed only where a guest is a VM."""
    management: tuple[IPv4Network | IPv6Network, ...] = ()
    """Prefixes that administrators come from, besides the hall's own management network: from these, and from nowhere
    else, the nodes' interface and SSH are reached once the datacenter firewall drops."""
    directory: Literal["vm", "lxc"] = "vm"
    """Kind of guest of the directory hosts. A Samba AD DC does not provision in an unprivileged container: `lxc` makes
    a privileged one and needs a waiver of the policy `guest-unprivileged` for each."""


class Wan(Record):
    """The Internet side of edge. Edge has host number 1 in both prefixes."""

    ipv4: IPv4Network = Field(description="an IPv4 prefix, its host bits zero: 198.51.100.0/24")
    ipv6: IPv6Network = Field(description="an IPv6 prefix, its host bits zero: 2001:db8::/64")
    gateway4: IPv4Address | None = None
    gateway6: IPv6Address | None = None


class PublicRecord(Record):
    """One record of a member's own in its public zone, such as the address of its website."""

    name: str = Field(
        pattern=r"^(@|(\*|[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*)$",
        max_length=100,
        description="@ for the domain itself, or a name in it without the domain, in lower case: www",
    )
    type: Literal["A", "AAAA", "CNAME", "MX", "TXT"]
    value: str = Field(max_length=1000)
    """An address, a whole name without a dot at the end, `10 mail.example.se`, or text."""

    @field_validator("value")
    @classmethod
    def _of_its_type(cls, value: str, info: ValidationInfo) -> str:
        pattern, accepted = _VALUES.get(info.data.get("type", ""), (".*", ""))
        try:
            fits = re.fullmatch(pattern, value) if isinstance(pattern, str) else pattern(value)
        except ValueError:
            fits = None
        if not fits:
            raise ValueError(accepted)
        return value


_WHOLE_NAME = r"([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
_VALUES: dict[str, tuple[str | type[IPv4Address | IPv6Address], str]] = {
    "A": (IPv4Address, "an IPv4 address"),
    "AAAA": (IPv6Address, "an IPv6 address"),
    "CNAME": (_WHOLE_NAME, "a whole name in lower case, without a dot at the end"),
    "MX": (rf"[0-9]{{1,4}} {_WHOLE_NAME}", "a number and a whole name: 10 mail.example.se"),
    "TXT": (r"[ -~]+", "printable ASCII"),
}
"""Of each type of a public record: what its value must be, for the computer and in words."""


class People(Record):
    """Size of a member's generated sample directory; 0 and 0 where real people come from a register."""

    staff: int = Field(ge=0, le=20000)
    pupils: int = Field(ge=0, le=50000)


class Agreement(Record):
    """The user agreement, which everybody accepts before anything opens (DIR-03); a new version asks again."""

    version: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,19}$", description="1 to 20 of a-z, 0-9 and -: 2026-1")
    """Becomes part of a group's name in the directory."""
    text: str = Field(min_length=100, description="the agreement itself, 100 characters or more")
    """Plain text; an empty line ends a paragraph."""


Minutes = tuple[
    Annotated[int, Field(ge=5)], Annotated[int, Field(ge=5)], Annotated[int, Field(ge=5)], Annotated[int, Field(ge=5)]
]
"""Minutes by priority: the most urgent first."""


class Support(Record):
    """When the help desk works for somebody, and by when: minutes of its own hours from the case on, by priority."""

    opens: str = Field(default="07:30", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="a time in quotes")
    closes: str = Field(default="16:30", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="a time in quotes")
    answered: Minutes = (30, 60, 240, 480)
    solved: Minutes = (240, 480, 1440, 2880)


class Backup(Record):
    """The hypervisor's backup job of each stack. Schedule is a calendar event as Proxmox VE writes it."""

    schedule: str = "02:30"
    mode: Literal["snapshot", "suspend", "stop"] = "stop"
    keep_daily: int = Field(default=7, ge=1)
    keep_weekly: int = Field(default=4, ge=0)
    recovery_point_hours: Literal[2, 4, 6, 8, 12, 16, 24, 48] = 24
    """The most that may be lost of what the shared systems keep; backups inside the hosts run at half of that."""


class Waiver(Record):
    """A policy that does not hold for one guest, by decision: who decided it, why, and the last day it is valid."""

    id: str = Field(pattern=r"^W-[1-9][0-9]*$", description="W- and a number, never used before: W-1")
    policy: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)+$", description="a policy's name: guest-unprivileged")
    subject: str
    reason: Sentence
    owner: str = Field(min_length=2)
    ends: date


class Disposable(Record):
    """A guest that needs no backup, by decision."""

    guest: str
    reason: Sentence
    owner: str = Field(min_length=2)
    ends: date


class Database(Record):
    """A database that is ordered for a system of the hall: an account and a database with its name."""

    name: Label
    """Never changed: the data stand under it."""
    hosts: tuple[str, ...] = Field(min_length=1)
    """Guests of the hall the system runs on; it comes from nowhere else."""
    why: Sentence


class Page(Record):
    """What a page must show when it does its job: a success page with other words on it is a failure too (MON-02)."""

    port: Ports
    path: str = Field(pattern=r"^/[!-~]*$", description="a path on that host: /SOGo/")
    shows: str = Field(min_length=3)
    """Regular expression (RE2) that its text must match; `{member}` is the name of the member that looks."""


class Flow(Record):
    """Traffic that is wanted: who opens a connection to whom, on what, and why. Everything else is dropped.

    `source` and `target` are selectors: a network (`adm`, `ped`: each member's own; `svc`, `dmz`, `mgt`, `vault`;
    `wan`: the Internet), a hall guest by name (`edge`, `dc1`, ...), `gateways` (the members' gateways),
    `engineer` (where the engineer sits) or `packages` (the package proxy).
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{1,39}$", description="a name of 2 to 40 characters a-z, 0-9, -")
    source: tuple[str, ...] = Field(min_length=1)
    target: tuple[str, ...] = Field(min_length=1)
    protocol: Protocol
    ports: tuple[Ports, ...] = ()
    why: Sentence
    tls: tuple[tuple[Ports, Tls | Sentence], ...] = ()
    """Of each port that people's computers reach: what is spoken there under TLS, or why TLS does not protect it."""
    pages: tuple[Page, ...] = ()
    """Of each port with a service's web pages that people's computers reach: the page that tells the monitor that it
    works."""


class Service(Record):
    """A service of the catalogue."""

    name: Label
    title: str
    """English."""
    titel: str
    """Swedish."""
    status: Literal["offered", "planned"]
    """A planned one may be the target of an inventory row, but no member can switch it on yet."""
    requires: tuple[str, ...] = ()
    replaces: tuple[str, ...]
    """Inventory categories that must be mapped before a member may switch it on (ONB-01)."""
    roles: tuple[str, ...] = ()
    flows: tuple[Flow, ...] = ()


class Acme(Record):
    """A certificate authority outside that everybody trusts already, for hosts whose names the outside knows."""

    directory: str = Field(
        pattern=r"^https://[a-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9/_.-]*$",
        description="the https URL of an ACME directory (RFC 8555, 7.1.1)",
    )
    contact: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*@[a-z0-9.-]+$", description="a mailbox in lower case")
    """Whom the authority warns."""


class Orderer(Record):
    """Who orders for the member: not of the operating organisation (GOV-03), so the mailbox is in its domain."""

    title: str = Field(min_length=2)
    mail: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*@[a-z0-9.-]+$", description="a mailbox in lower case")


class Stack(Record):
    """What the three kinds of stack have in common. `key` is the last part of the stack's name."""

    federation: Label
    key: Label
    file: str
    """File name of the stack file, for messages."""

    @property
    def name(self) -> str:
        """Pulumi's name of the stack: `ystad-osterlen.ystad`."""
        return f"{self.federation}.{self.key}"


class Hall(Stack):
    """The shared server hall: networks, edge, directory hosts; facts of the whole federation."""

    kind: Literal["hall"]
    domain: Domain
    ula: str = Field(pattern=r"^[0-9a-f]{6}$", description='six hexadecimal digits in quotes: "5a6d64"')
    """24 random bits (RFC 4193) of the federation's IPv6 prefix `fd<2>:<4>::/32`."""
    hypervisor: Hypervisor
    wan: Wan
    outside: bool = False
    """Lab only: a guest that plays the rest of the world."""
    packages: str | None = Field(
        default=None,
        pattern=r"^http://((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9]):[0-9]{2,4}$",
        description="http://<IPv4 address>:<port>",
    )
    """Package proxy of the guests by IPv4 address and port; none where guests reach a mirror by other means."""
    resolvers: tuple[IPv4Address | IPv6Address, ...] = ()
    """Resolvers of the outside world that edge asks; in a lab with `outside`, that guest."""
    acme: Acme | None = None
    """Where hosts that the outside knows by name get their certificates; none: from the federation's own authority."""
    people: People = People(staff=0, pupils=0)
    agreement: Agreement
    backup: Backup = Backup()
    support: Support = Support()
    """What the help desk agreed with members that agreed nothing else."""
    flows: tuple[Flow, ...] = ()
    """Flows beyond the catalogue's."""
    databases: tuple[Database, ...] = ()
    """Beyond those of the platform's own systems."""
    waivers: tuple[Waiver, ...] = ()
    disposable: tuple[Disposable, ...] = ()

    @property
    def ad_domain(self) -> str:
        """DNS domain of the internal directory: `ad.osterlen.example`."""
        return f"ad.{self.domain}"

    @property
    def realm(self) -> str:
        """Kerberos realm of the internal directory."""
        return self.ad_domain.upper()

    @property
    def netbios(self) -> str:
        """Short name of the directory's domain: at most 15 capitals and digits."""
        return self.domain.split(".", maxsplit=1)[0].replace("-", "").upper()[:15]


class Vault(Stack):
    """The copy elsewhere: a stack, pool and API token of its own."""

    kind: Literal["vault"]
    disk_gib: int = Field(default=8, ge=4, le=65536)


class InventoryItem(Record):
    """One system the member had before it joined. What is not known is the word `unknown`, never a guess."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$", description="an identifier of a-z, 0-9 and -")
    category: str
    product: str = "unknown"
    version: str = "unknown"
    hosts: str = "unknown"
    site: str = "unknown"
    owner: str = "unknown"
    contract_end: date | Literal["unknown"] = "unknown"
    yearly_cost: int | Literal["unknown"] = "unknown"
    """SEK per year."""
    users: int | Literal["unknown"] = "unknown"
    source: Sentence
    confidence: Literal["stated", "implied", "unknown"]
    decision: Literal["undecided", "keep", "replace", "retire", "exception"] = "undecided"
    decided_by: str | None = None
    target_service: str | None = None
    reason: Sentence | None = None
    """Required of an exception: why the system stays outside the common platform."""


class Member(Stack):
    """One municipality of the federation."""

    kind: Literal["member"]
    municipality: str = Field(alias="name", min_length=2, description="the municipality's official name")
    """Official name, `name:` in the file: `Ystad`."""
    code: str = Field(pattern=r"^[0-9]{4}$", description='four digits in quotes: "1286"')
    """Official four-digit municipality code."""
    synthetic: bool = False
    """A generated member of tests: its code is 3001 to 3009, which no municipality has."""
    domain: Domain
    orderer: Orderer
    services: tuple[str, ...] = ()
    prefix: IPv4Network | None = Field(
        default=None, description="a private IPv4 prefix of /16 to /24, its host bits zero: 172.20.0.0/20"
    )
    """Overrides the IPv4 prefix that follows from the code; adm is its lower half, ped its upper half."""
    people: People | None = None
    """Overrides the hall's."""
    school: str | None = Field(
        default=None,
        pattern=r"^https://[a-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~-]+)*/$",
        description="an https:// address that ends in a slash: https://elev.ystad.example/ss12000/v2.0/",
    )
    """Its school register's API (SS 12000:2020). None: no pupils, or the sample's."""
    support: Support | None = None
    """Overrides the hall's."""
    flows: tuple[Flow, ...] = ()
    """Flows of this member beyond the catalogue's, from or to its own networks."""
    records: tuple[PublicRecord, ...] = ()
    """Records of its own in its public zone (docs/dns.md)."""
    inventory: tuple[InventoryItem, ...] = ()

    @field_validator("prefix")
    @classmethod
    def _sized(cls, prefix: IPv4Network | None) -> IPv4Network | None:
        if prefix is not None and not 16 <= prefix.prefixlen <= 24:
            raise ValueError("a private IPv4 prefix of /16 to /24")
        return prefix


AnyStack = Hall | Vault | Member


class UnknownStack(LookupError):
    """No stack has this name; a sentence that lists the names there are."""


class Federation(Record):
    """A hall, perhaps a vault, and the members in order of their keys."""

    name: Label
    hall: Hall
    vault: Vault | None
    members: tuple[Member, ...]

    @property
    def stacks(self) -> tuple[AnyStack, ...]:
        """All stacks in the order in which they are made: hall, vault, members."""
        return (self.hall, *((self.vault,) if self.vault else ()), *self.members)

    def stack(self, name: str) -> AnyStack:
        """The stack of this name or key (`ystad-osterlen.ystad` or `ystad`).

        Raises: UnknownStack.
        """
        for stack in self.stacks:
            if name in (stack.name, stack.key):
                return stack
        accepted = ", ".join(stack.name for stack in self.stacks)
        raise UnknownStack(f"no stack {name!r} in federation {self.name}; there are: {accepted}")
