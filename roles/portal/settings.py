"""What `portal` must know: the directory, the agreement, and the applications behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from roles.operations import certificate
from roles.operations.setting import require, require_domain, require_name


@dataclass(frozen=True)
class Settings:
    """Facts of the portal; dictionaries and lists as they come from JSON."""

    fqdn: str
    """The portal's name: of its address, its certificate and its Kerberos principal."""
    realm: str
    domain_dns: str
    """The directory's domain."""
    dcs: list[str]
    """Full names of the directory hosts; any of them will do."""
    certificate: dict[str, Any]
    lookup: dict[str, str] = field(repr=False)
    """`{"user", "password"}`: finds people, and is the account that tickets for the portal are shown to."""
    agreement: dict[str, str] = field(repr=False)
    """`{"version", "text", "user", "password"}`: the user agreement, and the account that notes who accepted it."""
    signing_key: str = field(repr=False)
    """PEM of the key that the portal signs its statements of people with."""
    signing_public: str
    """Its public half, base64."""
    key: str = field(repr=False)
    """Seals what the portal hands to browsers only to get it back."""
    privileged: str
    """Group whose people never sign in without a second factor."""
    applications: list[dict[str, Any]] = field(repr=False)
    """`{"name", "title", "address", "callback", "groups", "second_factor", "scope", "secret"}` of each that people may
    enter."""
    mail: str = ""
    """The application that is mail: its people make passwords for mail programs here. Empty: there is none."""

    life_s: int = 10 * 3600
    """A sign-in ends: a working day with its overtime, so that nobody signs in twice on one day."""
    idle_s: int = 2 * 3600
    """A sign-in that nobody used for so long ends: longer than a meeting or a lunch, shorter than a day off."""
    token_s: int = 3600
    """Life of a token that an application holds: what somebody loses in the directory is open no longer than that."""

    def __post_init__(self) -> None:
        """Refuse what would shut everybody out, or let somebody in."""
        require_domain("portal.fqdn", self.fqdn)
        require_domain("portal.domain_dns", self.domain_dns)
        require(self.realm == self.domain_dns.upper(), "portal.realm", self.realm, self.domain_dns.upper())
        require(bool(self.dcs), "portal.dcs", self.dcs, "at least one directory host is needed")
        for name in self.dcs:
            require_domain("portal.dcs", name)
        certificate.check(self.certificate, role="portal")
        require_name("portal.agreement.version", f"agreement-{self.agreement['version']}")
        require(bool(self.agreement["text"].strip()), "portal.agreement.text", "", "a text is needed")
        for name, account in (("lookup", self.lookup), ("agreement", self.agreement)):
            require_name(f"portal.{name}.user", account["user"])
            require(bool(account["password"]), f"portal.{name}.password", "...", "a password is needed")
        require("PRIVATE KEY" in self.signing_key, "portal.signing_key", "...", "a private key in PEM is accepted")
        require(len(self.key) >= 20, "portal.key", "...", "20 characters or more are accepted")
        require_name("portal.privileged", self.privileged)
        require(0 < self.token_s <= self.idle_s <= self.life_s, "portal.idle_s", self.idle_s, "token <= idle <= life")
        for one in self.applications:
            require_name("portal.applications.name", one["name"])
            field_name = f"portal.applications.{one['name']}"
            for key in ("address", "callback"):
                require(one[key].startswith("https://"), f"{field_name}.{key}", one[key], "an https:// URL is accepted")
            require(bool(one["groups"]), f"{field_name}.groups", one["groups"], "for at least one group")
            if one.get("scope"):
                require_name(f"{field_name}.scope", one["scope"])
            for group in one["groups"]:
                require_name(f"{field_name}.groups", group)
        names = [one["name"] for one in self.applications]
        require(len(set(names)) == len(names), "portal.applications", names, "each application stands once")
        require(self.mail in ("", *names), "portal.mail", self.mail, f"one of {names}")
