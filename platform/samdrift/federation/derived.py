"""The records that are derived: what pure functions make of the declared ones (`record.py`)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Literal

from pydantic import Field

from samdrift.federation.record import Protocol, Record

ZoneName = Literal["adm", "ped", "hall"]
NetworkName = Literal["adm", "ped", "svc", "dmz", "mgt", "transit", "wan", "vault"]


class Zone(Record):
    """An SDN zone of type `vlan` on one bridge of every node; declared by the hall's stack."""

    name: ZoneName
    bridge: str


class Network(Record):
    """One SDN VNet: a broadcast domain with a tag of its own, never a gateway or SNAT of the SDN's."""

    name: NetworkName
    vnet: str = Field(pattern=r"^[a-z][a-z0-9]{1,7}$")
    zone: ZoneName
    tag: int = Field(ge=2, le=4094)
    stack: str
    """Name of the stack that declares it."""
    member: str | None
    """Key of the member whose network it is."""
    ipv4: IPv4Network
    ipv6: IPv6Network


class Interface(Record):
    """One leg of a guest; its position in `Guest.interfaces` is the number of the hypervisor's `net<n>`."""

    name: NetworkName
    """Name inside the guest: the network's."""
    vnet: str
    mac: str = Field(pattern=r"^BC:24:11(:[0-9A-F]{2}){3}$")
    ipv4: IPv4Interface
    ipv6: IPv6Interface
    gateway4: IPv4Address | None = None
    gateway6: IPv6Address | None = None
    forwards: tuple[str, ...] = ()
    """Prefixes of others whose packets this guest may send out here: what an ipfilter must let pass besides its own
    addresses. Empty on everything but gateways and edge."""


class Guest(Record):
    """One container or virtual machine, placed and addressed."""

    name: str
    fqdn: str
    stack: str
    member: str | None
    vm_id: int = Field(ge=100, le=999999999)
    node: str
    kind: Literal["lxc", "vm"]
    unprivileged: bool
    nesting: bool
    """The one container feature that a token may set; systemd needs it in an unprivileged container."""
    cores: int
    cpu_units: int
    memory_mib: int
    disk_gib: int
    interfaces: tuple[Interface, ...]
    roles: tuple[str, ...]
    """In the order in which they are installed; settings: `setting.settings_of`."""
    tags: tuple[str, ...]
    start_order: int
    disposable: bool
    """Needs no backup, by a decision in the hall's stack file."""
    nameservers: tuple[str, ...]
    search: str

    def interface(self, name: str) -> Interface:
        """The leg in the network of this name. Raises: LookupError."""
        for interface in self.interfaces:
            if interface.name == name:
                return interface
        raise LookupError(
            f"{self.name} has no interface {name!r}; it has: {', '.join(i.name for i in self.interfaces)}"
        )


class Rule(Record):
    """One flow as seen by one guest. `from_`/`to` are its interfaces, or `self`.

    Addresses are CIDR prefixes, or `@adm`, `@ped`, `@gateways` for what only the members' records know (edge fills
    those sets from the handover; a guest firewall of the hall uses the members' whole space instead). A family of which
    one end has no address has both lists empty and is no part of the rule.
    """

    name: str
    from_: str = Field(serialization_alias="from")
    to: str
    saddr4: tuple[str, ...]
    saddr6: tuple[str, ...]
    daddr4: tuple[str, ...]
    daddr6: tuple[str, ...]
    proto: Protocol
    ports: tuple[str, ...]
    why: str


class FirewallRule(Record):
    """A rule of a guest's firewall on the hypervisor, of one address family.

    `source` and `dest` are CIDR prefixes or `+<ipset>`, never of both kinds; `interface` is `net<n>`.
    """

    direction: Literal["in", "out"]
    interface: str
    family: Literal[4, 6]
    proto: Literal["tcp", "udp", "icmp", "icmpv6"]
    icmp_type: Literal["echo-request"] | None
    source: tuple[str, ...]
    dest: tuple[str, ...]
    ports: tuple[str, ...]
    comment: str
