"""What `relay` must know: whose mail it takes, where mailboxes are, and what it signs with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from roles.operations import certificate
from roles.operations.setting import require, require_addresses, require_certificates, require_domain


@dataclass(frozen=True)
class Settings:
    """Facts of one mail gateway; dictionaries and lists as they come from JSON."""

    fqdn: str
    domain: str
    """The hall's own domain, whose mail it takes and signs beside the members'."""
    store: str
    """Full name of the host with the mailboxes, which its certificate must show."""
    store_addresses: list[str]
    """The only clients that may send to the world; they must show a certificate of the federation besides."""
    dkim: str = field(repr=False)
    """Key (PEM) that signs the hall's own domain."""
    certificate: dict[str, Any]
    authorities: list[str]
    """Certificates (PEM) of the federation's own authority, the only ones by which the store is known."""
    members: list[dict[str, str]] = field(default_factory=list, repr=False)
    """`{"domain", "dkim"}` of every member with the service mail."""
    selector: str = "s1"
    """Where the DNS has the public halves: `<selector>._domainkey.<domain>`."""
    downloads_signatures: bool = True
    """freshclam keeps ClamAV's signatures new. Without, only the few that the role brings are known."""
    message_mib: int = 50
    """Of a message, as it travels: attachments grow by a third on the way."""
    queue_days: int = 5
    """How long mail waits for a host that does not take it (RFC 5321, 4.5.4.1: at least 4 to 5 days)."""

    def __post_init__(self) -> None:
        """Refuse what would lose mail, or relay for strangers."""
        require_domain("relay.fqdn", self.fqdn)
        require_domain("relay.store", self.store)
        certificate.check(self.certificate, role="relay")
        require(bool(self.authorities), "relay.authorities", self.authorities, "certificates in PEM are needed")
        require_certificates("relay.authorities", self.authorities)
        require(self.store != self.fqdn, "relay.store", self.store, "another host than the gateway")
        require_addresses("relay.store_addresses", self.store_addresses)
        require(bool(self.store_addresses), "relay.store_addresses", self.store_addresses, "at least one is needed")
        require(0 < self.message_mib <= 100, "relay.message_mib", self.message_mib, "1 to 100 are accepted")
        require(1 <= self.queue_days <= 30, "relay.queue_days", self.queue_days, "1 to 30 are accepted")
        for domain, key in self.keys:
            require_domain("relay.members.domain", domain)
            require("PRIVATE KEY" in key, f"relay.members.{domain}.dkim", "...", "a private key in PEM is needed")
        require(len({*self.domains}) == len(self.domains), "relay.members", self.domains, "each domain stands once")

    @property
    def keys(self) -> list[tuple[str, str]]:
        """Every domain with the key that signs it, the hall's first."""
        return [(self.domain, self.dkim), *((one["domain"], one["dkim"]) for one in self.members)]

    @property
    def domains(self) -> list[str]:
        """Every domain whose mail is taken."""
        return [domain for domain, _ in self.keys]
