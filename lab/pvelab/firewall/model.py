"""The firewall configuration of one lab, as Proxmox VE words it, for `compile.compile_ruleset`. Frozen records.

Names (aliases, IP sets, groups) stand as the user wrote them; the compiler resolves them.
"""

from dataclasses import dataclass, field


class FirewallError(Exception):
    """A rule cannot be compiled; one sentence naming guest, rule, found and accepted."""


@dataclass(frozen=True)
class Rule:
    """One rule. Lists stay in Proxmox VE's own text form (`10.0.0.0/8,+dc/web,dc/alias,10.0.0.1-10.0.0.9`)."""

    direction: str
    """`in`, `out`, `forward` (ignored for guests) or `group`."""
    action: str
    """`ACCEPT`, `DROP`, `REJECT`; for `group` the security group's name."""
    enable: bool = True
    macro: str | None = None
    proto: str | None = None
    source: str | None = None
    dest: str | None = None
    sport: str | None = None
    dport: str | None = None
    """Ports, names of /etc/services, ranges `80:85`, comma-separated."""
    icmp_type: str | None = None
    iface: str | None = None
    """`net<n>`; None: every interface of the guest."""
    log: str | None = None


@dataclass(frozen=True)
class Alias:
    """A name for one address or network."""

    name: str
    cidr: str


@dataclass(frozen=True)
class IpsetEntry:
    """One line of an IP set: a CIDR, an address range or an alias name; `nomatch` takes it out of the set."""

    cidr: str
    nomatch: bool = False


@dataclass(frozen=True)
class Ipset:
    """A named set of addresses. `ipfilter-net<n>` at guest level is what interface n may send from."""

    name: str
    entries: tuple[IpsetEntry, ...] = ()


@dataclass(frozen=True)
class SecurityGroup:
    """A named list of rules at datacenter level."""

    name: str
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class GuestNic:
    """One interface of a guest as the packet filter sees it."""

    index: int
    veth: str
    """Name on the host's side: `veth<vmid>i<n>`."""
    mac: str
    vnet: str
    firewall: bool = False
    """The third of the three levels."""
    ips: tuple[str, ...] = ()
    """The interface's own configured addresses without length: with ipfilter on, they are allowed."""


@dataclass(frozen=True)
class GuestFirewall:
    """Options, rules and names of one guest. Defaults are Proxmox VE's."""

    vmid: int
    enable: bool = False
    policy_in: str = "DROP"
    policy_out: str = "ACCEPT"
    dhcp: bool = False
    ipfilter: bool = False
    macfilter: bool = True
    ndp: bool = True
    radv: bool = False
    rules: tuple[Rule, ...] = ()
    aliases: tuple[Alias, ...] = ()
    ipsets: tuple[Ipset, ...] = ()
    nics: tuple[GuestNic, ...] = ()


@dataclass(frozen=True)
class FirewallSpec:
    """The whole lab. With `enable` off nothing is filtered (first of the three levels)."""

    enable: bool = False
    policy_in: str = "DROP"
    """For the node itself only, as in Proxmox VE; guests have their own."""
    policy_out: str = "ACCEPT"
    ebtables: bool = True
    """Off: no filtering of ARP and frame sources (macfilter has no effect)."""
    aliases: tuple[Alias, ...] = ()
    ipsets: tuple[Ipset, ...] = ()
    groups: tuple[SecurityGroup, ...] = ()
    guests: tuple[GuestFirewall, ...] = field(default=())
