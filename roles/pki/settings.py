"""What `pki` must know: its name, the federation's root, and the authority that signs hosts."""

from __future__ import annotations

from dataclasses import dataclass, field

from roles.operations.setting import require, require_domain

CERTIFICATE = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class Settings:
    """Facts of the certificate authority."""

    fqdn: str
    root: str
    """The root's certificate in PEM. Its key never comes here: it stays where the engineer keeps the secrets."""
    issuing: str = field(repr=False)
    """Key and certificate, in PEM, of the authority under the root that signs hosts."""

    def __post_init__(self) -> None:
        """Refuse what would not sign, and a root's key above all."""
        require_domain("pki.fqdn", self.fqdn)
        require(self.root.strip().startswith(CERTIFICATE), "pki.root", self.root[:40], "a certificate in PEM")
        require("PRIVATE KEY" not in self.root, "pki.root", "...", "the certificate without its key")
        whole = "PRIVATE KEY-----" in self.issuing and self.issuing.count(CERTIFICATE) == 1
        # The value itself is never shown.
        require(whole, "pki.issuing", "...", "a key and one certificate in PEM")
        require(
            self.root.strip() not in self.issuing, "pki.issuing", "...", "an authority under the root, not the root"
        )

    @property
    def issuing_certificate(self) -> str:
        """The signing authority's certificate."""
        return self.issuing[self.issuing.index(CERTIFICATE) :].strip() + "\n"

    @property
    def issuing_key(self) -> str:
        """The signing authority's key."""
        return self.issuing[: self.issuing.index(CERTIFICATE)].strip() + "\n"
