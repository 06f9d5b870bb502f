"""What `citizens` must know."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from roles.operations import certificate
from roles.operations.setting import require, require_domain


@dataclass(frozen=True)
class Settings:
    """Facts of the citizens' directory."""

    fqdn: str
    certificate: dict[str, Any]
    keeper_password: str = field(repr=False)
    """Of `cn=keeper,ou=services`: makes, changes and removes citizens' accounts."""
    reader_password: str = field(repr=False)
    """Of `cn=reader,ou=services`: e-services look up who signs in."""
    base: str = "o=citizens"
    """Nothing of the members' or the federation's names: what is here is nobody's organisation."""
    failures: int = 10
    """Wrong passwords in a row after which an account waits."""
    wait_s: int = 900
    length: int = 12
    """Shortest password (NIST SP 800-63B, 3.1.1.2, asks for 8 or more)."""

    def __post_init__(self) -> None:
        """Refuse what could not be served."""
        require_domain("citizens.fqdn", self.fqdn)
        certificate.check(self.certificate, role="citizens")
        require(
            self.fqdn in self.certificate["names"], "citizens.certificate.names", self.certificate["names"], self.fqdn
        )
        base = re.fullmatch(r"(o|dc)=[a-z0-9-]+(,dc=[a-z0-9-]+)*", self.base)
        require(bool(base), "citizens.base", self.base, "a base such as o=citizens is accepted")
        for name in ("keeper_password", "reader_password"):
            # The value itself is never shown.
            require(len(getattr(self, name)) >= self.length, f"citizens.{name}", "...", f"{self.length} characters")
        require(self.failures > 0, "citizens.failures", self.failures, "1 or more are accepted")
        require(self.wait_s > 0, "citizens.wait_s", self.wait_s, "1 or more are accepted")
