"""What `outside` must know."""

from __future__ import annotations

from dataclasses import dataclass

from roles.operations.setting import require, require_addresses, require_domain


@dataclass(frozen=True)
class Settings:
    """Facts of the guest that plays the Internet."""

    domain: str
    """The federation's own domain: the one zone outside that is not answered with "no such name" but refused."""
    addresses: dict[str, str]
    """The guest's own addresses, `ipv4` and `ipv6`."""
    gateway4: str | None = None
    gateway6: str | None = None
    zone: str = "internet.example"
    """Zone of the world's own names: `www`, `echo`, every host of which is this guest."""
    echo_port: int = 7

    def __post_init__(self) -> None:
        """Refuse what could not be listened on or named."""
        require_domain("outside.domain", self.domain)
        require_domain("outside.zone", self.zone)
        require(
            set(self.addresses) == {"ipv4", "ipv6"}, "outside.addresses", self.addresses, "both families are needed"
        )
        require_addresses("outside.addresses.ipv4", [self.addresses["ipv4"]], 4)
        require_addresses("outside.addresses.ipv6", [self.addresses["ipv6"]], 6)
        require(0 < self.echo_port < 65536, "outside.echo_port", self.echo_port, "1 to 65535 are accepted")
