"""What `directory` must know: the domain, its other host, and whose people are in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from roles.operations import certificate
from roles.operations.setting import require, require_addresses, require_domain, require_name


@dataclass(frozen=True)
class Settings:
    """Facts of one directory host; dictionaries and lists as they come from JSON."""

    realm: str
    """Kerberos realm, the domain's name in capitals."""
    domain: str
    """NetBIOS name of the domain."""
    domain_dns: str
    first: bool
    """This host makes the domain where there is none yet, and its contents."""
    address: str
    peer: str
    """Short name of the other directory host."""
    peer_address: str
    forwarder: str
    """Resolver for every name outside the domain."""
    certificate: dict[str, Any]
    """Whose certificate TLS is served with: this host's and the domain's own name."""
    admin_password: str = field(repr=False)
    join_password: str = field(repr=False)
    members: list[dict[str, Any]] = field(default_factory=list)
    """`{"key", "name", "domain"}` of every member with the service."""
    services: list[dict[str, str]] = field(default_factory=list, repr=False)
    """`{"name", "title", "password"}` of the accounts by which other systems look people up; no rights of their own.

    One that people's tickets are shown to has a `principal` too, such as `HTTP/sso.osterlen.example`.
    """
    groups: dict[str, list[str]] = field(default_factory=dict)
    """Groups of the whole federation, each with the groups that are in it. Who is in these is for people to decide."""
    agreement: str | None = None
    """Version of the user agreement: who has accepted it is in the group `agreement-<version>`."""
    agreement_user: str | None = None
    """The service account that puts people into the groups of agreements."""
    kinds: dict[str, str] = field(default_factory=lambda: {"staff": "Staff", "pupils": "Pupils"})
    """Kind of account -> the unit below its member's. A group of each kind in each member, and one of them all."""
    sights: dict[str, list[str]] = field(default_factory=dict)
    """Unit below a member's -> kinds of this member's accounts that may look up what is in it; nobody else's may."""
    entitlements: dict[str, list[str]] = field(default_factory=dict)
    """Service -> kinds that it opens to: the groups in `service-<name>`."""
    keeper: dict[str, str] | None = field(default=None, repr=False)
    """`{"name", "password"}` of the account that makes people from the registers, below the members' units only."""
    people: list[dict[str, str]] = field(default_factory=list)
    """`{"account", "member", "kind", "first", "last", "mail"}` of people made here, by no register: where other roles
    are tried out. Empty on a platform, where the role `accounts` makes everybody."""
    join_user: str = "join"
    """Account that may put workplaces into the domain, and nothing else."""

    def __post_init__(self) -> None:
        """Refuse what would make a domain that cannot be mended by the next deploy: names of a domain are for ever."""
        require_domain("directory.domain_dns", self.domain_dns)
        require(self.realm == self.domain_dns.upper(), "directory.realm", self.realm, f"{self.domain_dns.upper()}")
        netbios = self.domain.isalnum() and self.domain.isupper() and len(self.domain) <= 15
        require(netbios, "directory.domain", self.domain, "at most 15 capitals and digits are accepted")
        require(self.domain != self.realm, "directory.domain", self.domain, "not the realm itself")
        require_addresses("directory.address", [self.address], 4)
        require_addresses("directory.peer_address", [self.peer_address], 4)
        require(
            self.address != self.peer_address, "directory.peer_address", self.peer_address, "another host's address"
        )
        require_addresses("directory.forwarder", [self.forwarder])
        require_name("directory.peer", self.peer)
        certificate.check(self.certificate, role="directory")
        require_name("directory.join_user", self.join_user)
        for group in (*self.groups, *(one for nested in self.groups.values() for one in nested)):
            require_name("directory.groups", group)
        for one in self.accounts:
            require_name("directory.services.name", one.get("name", ""))
        named = {kind for kinds in (*self.sights.values(), *self.entitlements.values()) for kind in kinds}
        require(named <= set(self.kinds), "directory.kinds", sorted(self.kinds), f"all of {sorted(named)} are needed")
        for one in self.people:
            require(one.get("kind") in self.kinds, "directory.people.kind", one.get("kind"), f"one of {[*self.kinds]}")
        names = [self.join_user, *(one["name"] for one in self.accounts)]
        require(len(set(names)) == len(names), "directory.services", names, "each account stands once")
        if self.agreement is not None:
            require_name("directory.agreement", f"agreement-{self.agreement}")
            require(self.agreement_user in names, "directory.agreement_user", self.agreement_user, f"one of {names}")
        passwords = {"admin_password": self.admin_password, "join_password": self.join_password}
        passwords |= {f"services.{one['name']}.password": one.get("password", "") for one in self.accounts}
        for name, value in passwords.items():
            kinds = [any(map(test, value)) for test in (str.isupper, str.islower, str.isdigit)]
            # The value itself is never shown.
            require(len(value) >= 12 and all(kinds), f"directory.{name}", "...", "12 characters of three kinds")
        for member in self.members:
            require_name("directory.members.key", member.get("key", ""))
            require(bool(member.get("name")), "directory.members.name", member, "a name is needed")
            require_domain(f"directory.members.{member['key']}.domain", member.get("domain", ""))
        keys = [member["key"] for member in self.members]
        require(len(set(keys)) == len(keys), "directory.members", keys, "each member stands once")

    @property
    def accounts(self) -> list[dict[str, str]]:
        """Accounts of services, the keeper's among them."""
        keeper = [{"title": "Makes people from the registers", **self.keeper}] if self.keeper else []
        return [*self.services, *keeper]
