"""What `edge` must know: the hall's networks and names, the members, the declared flows, and whom to ask for others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from roles.operations.rule import SELF, accepted, forwarded, parse
from roles.operations.setting import require, require_addresses, require_domain, require_prefixes

MEMBER_FIELDS = {"name", "code", "adm4", "ped4", "adm6", "ped6", "via4", "via6", "domain", "mail"}
PUBLISHED_FIELDS = {"name", "proto", "ports", "ipv4", "ipv6"}
SETS = ("adm", "ped", "gateways")
"""Named sets that rules may refer to as `@adm`, `@ped`, `@gateways`."""


@dataclass(frozen=True)
class Settings:
    """Facts of the hall's edge; dictionaries and lists as they come from JSON."""

    networks: dict[str, dict[str, str]]
    """Prefixes of the hall's networks by name: svc, dmz, mgt, transit, wan, ..."""
    addresses: dict[str, dict[str, str]]
    """Edge's own address in each."""
    federation: dict[str, list[str]]
    """Every prefix inside: what may use the resolver and is translated on the way out."""
    management: dict[str, list[str]]
    """Prefixes of the management network."""
    ad_domain: str
    dcs: list[str]
    """Addresses of the directory hosts, who answer for `ad_domain`."""
    domain: str
    """The hall's domain."""
    hosts: list[dict[str, str]]
    """The hall's guests, `name` (fully qualified), `ipv4` and `ipv6`, by the addresses they have inside."""
    nameserver: dict[str, str]
    """Where the public zones are, that of the hall's domain and the members': `ipv4` and `ipv6` inside."""
    mail: str
    """Where the members' people find their mailboxes, as a name."""
    members: list[dict[str, Any]] = field(default_factory=list)
    """`domain` is None of one whose zone is not here; `mail`: whether its mail is."""
    rules: list[dict[str, Any]] = field(default_factory=list)
    published: list[dict[str, Any]] = field(default_factory=list)
    """What the Internet reaches at edge's address: `name`, `proto`, `ports`, and the host's own `ipv4` and `ipv6`."""
    forwards: list[str] = field(default_factory=list)
    """Resolvers asked for everything else; none: edge resolves by itself."""
    validate: bool = True
    """DNSSEC. False only where the Internet is played by a guest that cannot sign as the root."""
    time_sources: list[str] = field(default_factory=list)
    """Time servers outside; none: the node's own clock is served."""

    def __post_init__(self) -> None:
        """Refuse what would leave a network open or unreachable."""
        for name in ("mgt", "transit", "wan"):
            require(name in self.networks, "edge.networks", sorted(self.networks), f"{name} is needed")
        for name, network in self.networks.items():
            require_prefixes(f"edge.networks.{name}.ipv4", [network["ipv4"]], 4)
            require_prefixes(f"edge.networks.{name}.ipv6", [network["ipv6"]], 6)
            require(name in self.addresses, "edge.addresses", sorted(self.addresses), f"an address in {name} is needed")
            require_addresses(f"edge.addresses.{name}.ipv4", [self.addresses[name]["ipv4"]], 4)
            require_addresses(f"edge.addresses.{name}.ipv6", [self.addresses[name]["ipv6"]], 6)
        for family, key in ((4, "ipv4"), (6, "ipv6")):
            for owner in ("federation", "management"):
                found = getattr(self, owner).get(key, [])
                require(bool(found), f"edge.{owner}.{key}", found, "at least one network is needed")
                require_prefixes(f"edge.{owner}.{key}", found, family)
        require_domain("edge.ad_domain", self.ad_domain)
        require_addresses("edge.dcs", self.dcs)
        require(bool(self.dcs), "edge.dcs", self.dcs, "at least one address is needed")
        require_domain("edge.domain", self.domain)
        require_domain("edge.mail", self.mail)
        for host in self.hosts:
            require(set(host) == {"name", "ipv4", "ipv6"}, "edge.hosts", sorted(host), "name, ipv4 and ipv6 are needed")
            require_domain("edge.hosts.name", host["name"])
            require_addresses(f"edge.hosts.{host['name']}.ipv4", [host["ipv4"]], 4)
            require_addresses(f"edge.hosts.{host['name']}.ipv6", [host["ipv6"]], 6)
        self._check_published()
        require_addresses("edge.forwards", self.forwards)
        self._check_members()
        for rule in map(parse, self.rules):
            known = sorted(self.networks)
            require(rule.source in known, f"rule {rule.name}.from", rule.source, f"one of {', '.join(known)}")
            require(rule.target in (*known, SELF), f"rule {rule.name}.to", rule.target, f"{', '.join(known)} or {SELF}")
            for address in (*rule.saddr4, *rule.daddr4, *rule.saddr6, *rule.daddr6):
                named = address.removeprefix("@")
                require(named == address or named in SETS, f"rule {rule.name}", address, f"@{', @'.join(SETS)}")

    def _check_published(self) -> None:
        require_addresses("edge.nameserver.ipv4", [self.nameserver["ipv4"]], 4)
        require_addresses("edge.nameserver.ipv6", [self.nameserver["ipv6"]], 6)
        for entry in self.published:
            require(set(entry) == PUBLISHED_FIELDS, "edge.published", sorted(entry), f"{sorted(PUBLISHED_FIELDS)}")
            where = f"edge.published.{entry['name']}"
            require(entry["proto"] in ("tcp", "udp"), f"{where}.proto", entry["proto"], "tcp or udp")
            require(bool(entry["ports"]), f"{where}.ports", entry["ports"], "at least one port is needed")
            require_addresses(f"{where}.ipv4", [entry["ipv4"]], 4)
            require_addresses(f"{where}.ipv6", [entry["ipv6"]], 6)

    def _check_members(self) -> None:
        for member in self.members:
            require(set(member) == MEMBER_FIELDS, "edge.members", sorted(member), f"{sorted(MEMBER_FIELDS)} are needed")
            for key in ("adm", "ped"):
                require_prefixes(f"edge.members.{member['name']}.{key}4", [member[f"{key}4"]], 4)
                require_prefixes(f"edge.members.{member['name']}.{key}6", [member[f"{key}6"]], 6)
            require_addresses(f"edge.members.{member['name']}.via4", [member["via4"]], 4)
            require_addresses(f"edge.members.{member['name']}.via6", [member["via6"]], 6)
            if member["domain"] is not None:
                require_domain(f"edge.members.{member['name']}.domain", member["domain"])
        codes = [member["code"] for member in self.members]
        require(len(set(codes)) == len(codes), "edge.members", codes, "each code stands once")

    @property
    def accepted(self) -> list[str]:
        """Statements for packets to edge itself."""
        return accepted(self.rules)

    @property
    def forwarded(self) -> list[str]:
        """Statements for packets that pass through."""
        return forwarded(self.rules)

    @property
    def named(self) -> list[dict[str, str]]:
        """The hosts whose names edge itself answers for; the directory answers for those of its own domain."""
        return [host for host in self.hosts if not host["name"].endswith(f".{self.ad_domain}")]

    @property
    def known_outside(self) -> list[str]:
        """Names that the world knows too, by edge's own address: what else is said of them is asked of the zone."""
        public = {entry["ipv4"] for entry in self.published}
        return [host["name"] for host in self.named if host["ipv4"] in public]

    @property
    def zones(self) -> list[dict[str, Any]]:
        """Members whose zones are here, in a fixed order."""
        return sorted((one for one in self.members if one["domain"]), key=lambda one: str(one["domain"]))

    @property
    def inside(self) -> list[str]:
        """Edge's own addresses in every network but the Internet's, both families."""
        found = [self.addresses[name] for name in sorted(self.networks) if name != "wan"]
        return [address[family] for address in found for family in ("ipv4", "ipv6")]
