"""What `mail` must know: whose mail it keeps, who may hand it mail, and where people are looked up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from roles.operations.setting import require, require_addresses, require_domain, require_name


@dataclass(frozen=True)
class Settings:
    """Facts of the mail store; dictionaries and lists as they come from JSON."""

    fqdn: str
    """The store's one name: for people, for the gateway and on its certificate."""
    directory: dict[str, Any]
    """`{"domain": "ad.osterlen.example", "hosts": ["dc1.ad.osterlen.example", ...]}`"""
    directory_password: str = field(repr=False)
    gateway: dict[str, str]
    """The mail gateway: `{"name", "ipv4", "ipv6"}`. Nobody else hands in mail on port 25, all mail leaves by it."""
    certificate: dict[str, Any]
    webmail_password: str = field(repr=False)
    """Of the webmail's account in its database."""
    members: list[dict[str, str]] = field(default_factory=list)
    """`{"key", "name", "domain"}` of every member with the service."""
    directory_user: str = "svc-mail"
    """Ordinary account by which people are looked up; they sign in as themselves."""
    database: str = "127.0.0.1"
    """Host of the webmail's PostgreSQL; a loopback address means one of its own on this host."""
    quota_mib: int = 2048
    """Of a mailbox."""
    message_mib: int = 50
    """Of a message, as it travels: attachments grow by a third on the way."""
    recoverable_days: int = 14
    """How long a message that somebody deleted stays on the store, out of sight."""
    queue_days: int = 5
    """How long is tried to deliver a message (RFC 5321, 4.5.4.1: at least 4 to 5 days)."""

    def __post_init__(self) -> None:
        """Refuse what would keep somebody else's mail, or let anybody hand in mail."""
        require_domain("mail.fqdn", self.fqdn)
        require_domain("mail.directory.domain", self.directory.get("domain", ""))
        hosts = self.directory.get("hosts", [])
        require(bool(hosts), "mail.directory.hosts", hosts, "at least one directory host is needed")
        for host in hosts:
            require_domain("mail.directory.hosts", host)
        require_name("mail.directory_user", self.directory_user)
        require_domain("mail.gateway.name", self.gateway.get("name", ""))
        require_addresses("mail.gateway.ipv4", [self.gateway.get("ipv4", "")], 4)
        require_addresses("mail.gateway.ipv6", [self.gateway.get("ipv6", "")], 6)
        for member in self.members:
            require_name("mail.members.key", member.get("key", ""))
            require_domain(f"mail.members.{member['key']}.domain", member.get("domain", ""))
        for what in ("key", "domain"):
            found = [member[what] for member in self.members]
            require(len(set(found)) == len(found), f"mail.members.{what}", found, "each stands once")
        for name in ("directory_password", "webmail_password"):
            require(bool(getattr(self, name)), f"mail.{name}", "...", "a password is needed")
        for name in ("quota_mib", "message_mib", "recoverable_days", "queue_days"):
            require(getattr(self, name) > 0, f"mail.{name}", getattr(self, name), "more than 0 is accepted")

    @property
    def domains(self) -> list[str]:
        """Domains whose mail is kept here."""
        return [member["domain"] for member in self.members]

    @property
    def root(self) -> str:
        """Distinguished name of the directory's domain."""
        return ",".join(f"DC={label}" for label in self.directory["domain"].split("."))

    @property
    def owns_database(self) -> bool:
        """Whether the webmail's database is on this host."""
        return self.database in ("127.0.0.1", "::1", "localhost")
