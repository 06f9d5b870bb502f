"""What `outside` must know."""

from __future__ import annotations

from dataclasses import dataclass, field

from roles.operations.setting import require, require_addresses, require_domain


@dataclass(frozen=True)
class Settings:
    """Facts of the guest that plays the Internet."""

    domain: str
    """The hall's domain, which the world delegates to the hall."""
    addresses: dict[str, str]
    """The guest's own addresses, `ipv4` and `ipv6`."""
    dkim: dict[str, str] = field(repr=False)
    """`{"private", "public"}`: PEM and the base64 of a DNS record, for what the world's people send."""
    hall: dict[str, str]
    """Where the world asks for the delegated domains, `ipv4` and `ipv6`."""
    members: list[dict[str, str]] = field(default_factory=list)
    """Members whose `domain` is delegated to the hall as well."""
    gateway4: str | None = None
    gateway6: str | None = None
    zone: str = "internet.example"
    """Zone of the world's own names: `www`, `echo`, every host of which is this guest."""
    strict_zone: str = "bank.example"
    """Domain in whose name nothing may be sent without its signature, not even by this guest's address."""
    echo_port: int = 7

    def __post_init__(self) -> None:
        """Refuse what could not be listened on or named."""
        require_domain("outside.domain", self.domain)
        for name in ("zone", "strict_zone"):
            require_domain(f"outside.{name}", getattr(self, name))
        require("PRIVATE KEY" in self.dkim.get("private", ""), "outside.dkim.private", "...", "a key in PEM is needed")
        require(bool(self.dkim.get("public")), "outside.dkim.public", self.dkim.get("public"), "its public half")
        for member in self.members:
            require_domain("outside.members.domain", member["domain"])
        for key in ("addresses", "hall"):
            found = getattr(self, key)
            require(set(found) == {"ipv4", "ipv6"}, f"outside.{key}", found, "both families are needed")
            require_addresses(f"outside.{key}.ipv4", [found["ipv4"]], 4)
            require_addresses(f"outside.{key}.ipv6", [found["ipv6"]], 6)
        require(0 < self.echo_port < 65536, "outside.echo_port", self.echo_port, "1 to 65535 are accepted")

    @property
    def delegated(self) -> list[str]:
        """Domains that the hall answers for."""
        return [self.domain, *sorted(member["domain"] for member in self.members)]

    @property
    def domains(self) -> tuple[str, str]:
        """Domains whose mail is taken here, to whomever it is, and whose mail is signed."""
        return self.zone, self.strict_zone

    @property
    def public_key(self) -> str:
        """The key's record as strings of at most 255 characters (RFC 1035, 3.3.14)."""
        text = f"v=DKIM1; k=rsa; p={self.dkim['public']}"
        return " ".join(f'"{text[start : start + 250]}"' for start in range(0, len(text), 250))
