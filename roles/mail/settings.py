"""What `mail` must know: whose mail it keeps, who may hand it mail, and where people are looked up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from roles.operations import certificate
from roles.operations.setting import require, require_addresses, require_certificates, require_domain, require_name


@dataclass(frozen=True)
class Settings:
    """Facts of the mail store; dictionaries and lists as they come from JSON."""

    fqdn: str
    """The store's one name: for people, for the gateway and on its certificate."""
    addresses: list[str]
    """Its own addresses: the webmail comes from there."""
    domain: str
    """The hall's own domain. Only its postmaster has a mailbox here."""
    gateway: dict[str, Any]
    """The mail gateway: `{"name", "addresses"}`. Nobody else hands in mail on port 25, all mail leaves by it."""
    authorities: list[str]
    """Certificates (PEM) of the federation's own authority, the only ones by which the gateway is known."""
    directory: dict[str, Any]
    """`{"domain": "ad.osterlen.example", "hosts": ["dc1.ad.osterlen.example", ...]}`"""
    directory_password: str = field(repr=False)
    """Of the account by which people are looked up; they sign in as themselves."""
    database: dict[str, str]
    """The webmail's database: `{"host", "name"}`; its account has the same name."""
    database_password: str = field(repr=False)
    certificate: dict[str, Any]
    portal: dict[str, str]
    """`{"issuer", "client", "scope"}`: who signs people in, as whom the store asks, what tokens for mail have."""
    portal_secret: str = field(repr=False)
    """Of the client: the webmail's, and what the store asks with."""
    opens_to: list[str]
    """Groups of the directory, below its units `Groups` and `Agreements`: who is not in all of them has no way in."""
    privileged: str
    """Group of those whose password of the directory is not good enough alone: they come from the portal."""
    readers: list[dict[str, Any]]
    """Kinds of people in order of weight: `{"kind": "pupils", "unit": "Pupils", "books": {"Staff": "Anställda"}}`. In
    the webmail they find the people of these units of their own member."""
    members: list[dict[str, str]] = field(default_factory=list)
    """`{"key", "name", "domain"}` of every member with the service."""
    systems: dict[str, str] = field(default_factory=dict)
    """What is a system's: a local part, which is the system's in every domain, or a whole address; and its host."""
    directory_user: str = "svc-mail"
    quota_mib: int = 2048
    """Of a mailbox."""
    message_mib: int = 50
    """Of a message, as it travels: attachments grow by a third on the way."""
    recoverable_days: int = 14
    """How long a message that somebody deleted stays on the store, out of sight."""
    queue_days: int = 5
    """How long mail waits for the gateway or a mailbox (RFC 5321, 4.5.4.1: at least 4 to 5 days)."""
    look_minutes: int = 5
    """How often the store asks whether those who are signed in still may be."""
    session_minutes: int = 480
    """How long somebody who does nothing stays signed in to the webmail: a working day."""

    def __post_init__(self) -> None:
        """Refuse what would keep somebody else's mail, or let anybody hand in mail."""
        require_domain("mail.fqdn", self.fqdn)
        require_domain("mail.domain", self.domain)
        require_addresses("mail.addresses", self.addresses)
        require_domain("mail.gateway.name", self.gateway.get("name", ""))
        require(self.gateway["name"] != self.fqdn, "mail.gateway.name", self.gateway["name"], "another host")
        addresses = self.gateway.get("addresses", [])
        require(bool(addresses), "mail.gateway.addresses", addresses, "at least one is needed")
        require_addresses("mail.gateway.addresses", addresses)
        require(bool(self.authorities), "mail.authorities", self.authorities, "certificates in PEM are needed")
        require_certificates("mail.authorities", self.authorities)
        certificate.check(self.certificate, role="mail")
        require_domain("mail.directory.domain", self.directory.get("domain", ""))
        hosts = self.directory.get("hosts", [])
        require(bool(hosts), "mail.directory.hosts", hosts, "at least one directory host is needed")
        for host in hosts:
            require_domain("mail.directory.hosts", host)
        require_name("mail.directory_user", self.directory_user)
        require_domain("mail.database.host", self.database.get("host", ""))
        require_name("mail.database.name", self.database.get("name", ""))
        issuer = self.portal.get("issuer", "")
        require(issuer.startswith("https://"), "mail.portal.issuer", issuer, "an https:// URL is accepted")
        for name in ("client", "scope"):
            require_name(f"mail.portal.{name}", self.portal.get(name, ""))
        require(bool(self.opens_to), "mail.opens_to", self.opens_to, "at least one group is needed")
        for name in (*self.opens_to, self.privileged):
            require_name("mail.opens_to", name)
        require(bool(self.readers), "mail.readers", self.readers, "at least one kind of people is needed")
        for reader in self.readers:
            for name in (reader.get("kind", ""), *(unit.lower() for unit in reader.get("books", {}))):
                require_name("mail.readers", name)
        for name in ("directory_password", "database_password", "portal_secret"):
            # Both stand in files whose quoting ends at such a character.
            fit = bool(getattr(self, name)) and not set(getattr(self, name)) & set('"\\ @/:%')
            require(fit, f"mail.{name}", "...", "a password without quotes, spaces and @ / : % is needed")
        for name in ("quota_mib", "message_mib", "recoverable_days", "queue_days", "look_minutes", "session_minutes"):
            require(getattr(self, name) > 0, f"mail.{name}", getattr(self, name), "more than 0 is accepted")
        for name, host in self.systems.items():
            local, _, domain = name.partition("@")
            require_name("mail.systems", local)
            require(domain in ("", self.domain), "mail.systems", name, f"a local part, or an address in {self.domain}")
            require_domain(f"mail.systems.{name}", host)
        for member in self.members:
            require_name("mail.members.key", member.get("key", ""))
            require_domain(f"mail.members.{member['key']}.domain", member.get("domain", ""))
        for what in ("key", "domain"):
            found = [member[what] for member in self.members]
            require(len(set(found)) == len(found), f"mail.members.{what}", found, "each stands once")
        require(self.domain not in self.domains, "mail.domain", self.domain, "not a member's domain")

    @property
    def domains(self) -> list[str]:
        """The members' domains."""
        return [member["domain"] for member in self.members]

    @property
    def handed_on(self) -> dict[str, str]:
        """Every address whose mail is a system's, with the system's host."""
        return {
            address: host
            for name, host in self.systems.items()
            for address in ([name] if "@" in name else [f"{name}@{domain}" for domain in (self.domain, *self.domains)])
        }

    @property
    def people(self) -> str:
        """Distinguished name above everybody who may have a mailbox."""
        return f"OU=Members,{self._root}"

    def unit(self, member: str, below: str = "") -> str:
        """Distinguished name of a member's unit, or of one below it."""
        return f"{f'OU={below},' if below else ''}OU={member},{self.people}"

    def is_of(self, member: str, kind: str) -> str:
        """What SOGo asks of a member's people of a kind beside all else: whoever is of several is of the first."""
        kinds = [reader["kind"] for reader in self.readers]
        groups = [f"memberOf = 'CN={member}-{one},OU=Groups,{self.unit(member)}'" for one in kinds]
        number = kinds.index(kind)
        return "".join([f" AND {groups[number]}", *(f" AND NOT ({heavier})" for heavier in groups[:number])])

    @property
    def looker(self) -> str:
        """Distinguished name of the account by which people are looked up."""
        return f"CN={self.directory_user},OU=Service,{self._root}"

    @property
    def uris(self) -> list[str]:
        """The directory hosts, by LDAP inside TLS."""
        return [f"ldaps://{host}" for host in self.directory["hosts"]]

    @property
    def enabled(self) -> str:
        """LDAP filter: people whose account is not disabled (MS-ADTS 2.2.16; the rule is a bitwise and)."""
        return "(objectCategory=person)(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2))"

    @property
    def of_a_member(self) -> str:
        """LDAP filter: people whose address is in the domain of a member that has the service."""
        return f"(|{''.join(f'(mail=*@{domain})' for domain in self.domains)})"

    @property
    def open(self) -> str:
        """LDAP filter: people who may come in, by whichever way."""
        return f"{self.enabled}{self.of_a_member}{''.join(map(self._in_group, self.opens_to))}"

    @property
    def is_privileged(self) -> str:
        """LDAP filter: people who need a second factor."""
        return self._in_group(self.privileged)

    def _in_group(self, name: str) -> str:
        """Directly or through another group (MS-ADTS 3.1.1.3.4.4.3: the rule walks the chain)."""
        unit = "Agreements" if name.startswith("agreement-") else "Groups"
        return f"(memberOf:1.2.840.113556.1.4.1941:=CN={name},OU={unit},{self._root})"

    @property
    def _root(self) -> str:
        return ",".join(f"DC={label}" for label in self.directory["domain"].split("."))
