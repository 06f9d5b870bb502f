"""What `nameserver` must know: whose zones it holds, and under which addresses the world reaches the hall."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from roles.operations.setting import NAME, require, require_addresses, require_domain

MEMBER_FIELDS = {"domain", "dkim", "records"}
RECORD_FIELDS = {"name", "type", "value"}
RECORD_TYPES = ("A", "AAAA", "CNAME", "MX", "TXT")
# Printable ASCII only: a line break in a value would begin a record that nobody looked at.
PLAIN = re.compile(r"[ -~]+")
KEY = re.compile(r"[A-Za-z0-9+/]{100,}={0,2}")


@dataclass(frozen=True)
class Settings:
    """Facts of the public zones; dictionaries and lists as they come from JSON."""

    domain: str
    """The hall's domain: this host and the mail gateway have their names in it."""
    listen: dict[str, str]
    """This host's own addresses, `ipv4` and `ipv6`."""
    published: dict[str, str]
    """The addresses under which the world reaches this host and the mail gateway: edge's towards the Internet."""
    dkim: str
    """The hall's public DKIM key, base64 of its SubjectPublicKeyInfo."""
    members: list[dict[str, Any]] = field(default_factory=list)
    """A zone each: `domain`, `dkim` (its public key; none where its mail is not ours), `records` of its own."""
    host: str = "ns1"
    mail_gateway: str = "mx1"
    selector: str = "s1"
    """Name of the DKIM key; another key is published beside it under another name before it signs anything."""
    contact: str = "postmaster"
    """Mailbox in the hall's domain for whoever has something to say of a zone, and for receivers' DMARC reports."""

    def __post_init__(self) -> None:
        """Refuse what would make a zone that says something else than was meant."""
        require_domain("nameserver.domain", self.domain)
        for owner in ("listen", "published"):
            found = getattr(self, owner)
            require(set(found) == {"ipv4", "ipv6"}, f"nameserver.{owner}", found, "both families are needed")
            require_addresses(f"nameserver.{owner}.ipv4", [found["ipv4"]], 4)
            require_addresses(f"nameserver.{owner}.ipv6", [found["ipv6"]], 6)
        for key in ("host", "mail_gateway", "selector", "contact"):
            found = getattr(self, key)
            require(bool(NAME.fullmatch(found)), f"nameserver.{key}", found, "a lower-case name is accepted")
        _require_key("nameserver.dkim", self.dkim)
        for member in self.members:
            _check_member(member)
        domains = [self.domain, *(member["domain"] for member in self.members)]
        require(len(set(domains)) == len(domains), "nameserver.members", domains, "each domain stands once")

    @property
    def mailing(self) -> list[str]:
        """Domains of the members whose mail is ours."""
        return [member["domain"] for member in self.members if member["dkim"] is not None]


def _require_key(name: str, found: str) -> None:
    require(bool(KEY.fullmatch(found)), name, found, "a public key in base64 on one line is accepted")


def _check_member(member: dict[str, Any]) -> None:
    name = "nameserver.members"
    require(set(member) == MEMBER_FIELDS, name, sorted(member), f"{sorted(MEMBER_FIELDS)} are needed")
    require_domain(name, member["domain"])
    if member["dkim"] is not None:
        _require_key(f"{name}.{member['domain']}.dkim", member["dkim"])
    for record in member["records"]:
        where = f"{name}.{member['domain']}.records"
        require(set(record) == RECORD_FIELDS, where, record, f"{sorted(RECORD_FIELDS)} are needed")
        require(record["type"] in RECORD_TYPES, where, record, f"{', '.join(RECORD_TYPES)} are accepted")
        plain = all(PLAIN.fullmatch(record[key]) for key in ("name", "value")) and " " not in record["name"]
        require(bool(plain), where, record, "printable ASCII is accepted, and no space in a name")
