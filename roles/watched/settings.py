"""What `watched` must know."""

from __future__ import annotations

from dataclasses import dataclass

from roles.operations.setting import require


@dataclass(frozen=True)
class Settings:
    """Facts of one host that is watched."""

    port: int = 9100
    """Only the monitor reaches it: the flow `watch-hosts`."""

    def __post_init__(self) -> None:
        """Refuse a port that only root may open."""
        require(1024 <= self.port < 65536, "watched.port", self.port, "1024 to 65535 are accepted")
