"""What `probe` must know: how each kind of port is tried, and as whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from roles.operations.setting import require, require_name

PROBERS = ("dns", "http", "icmp", "tcp")


@dataclass(frozen=True)
class Settings:
    """Facts of one workplace that tries services."""

    modules: dict[str, Any]
    """Modules of the blackbox exporter, as its configuration has them."""
    realm: str
    people: str
    """Somebody who is always in the directory."""
    port: int = 9115
    transaction_port: int = 9116
    """Only the monitor reaches both: the flow `watch-from-members`."""
    seconds: int = field(default=8)
    """A transaction that takes longer has failed, as a person sees it."""

    def __post_init__(self) -> None:
        """Refuse what would try nothing, or another thing than it says."""
        require(bool(self.modules), "probe.modules", self.modules, "at least one way to try a port is needed")
        for name, module in self.modules.items():
            prober = module.get("prober")
            require(prober in PROBERS, f"probe.modules.{name}", prober, f"{', '.join(PROBERS)} are accepted")
        require_name("probe.people", self.people)
        require(self.realm == self.realm.upper(), "probe.realm", self.realm, "a realm is written in capitals")
        for name in ("port", "transaction_port"):
            require(1024 <= getattr(self, name) < 65536, f"probe.{name}", getattr(self, name), "1024 to 65535")
        require(self.port != self.transaction_port, "probe.transaction_port", self.port, "a port of its own")
