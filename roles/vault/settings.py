"""What `vault` must know: where the store is, and how long nothing is given up."""

from __future__ import annotations

from dataclasses import dataclass, field

from roles.operations.setting import require, require_addresses


@dataclass(frozen=True)
class Settings:
    """Facts of the copy elsewhere."""

    store: str
    """Address of the store."""
    store_key: str
    """Public SSH key of the store."""
    key: str = field(repr=False)
    """The vault's key to the store, by which it may read."""
    port: int = 2222
    interval_hours: int = 6
    """How often it fetches. What a client destroys in between was never here; what it brought before is."""
    source_days: int = 30
    """So long after its last archive the store may remove a repository: only then may it be missing there."""
    keep_days: int = 60
    """A snapshot's time. Longer than the store's: damage may be noticed late."""

    def __post_init__(self) -> None:
        """Refuse what could not be reached, or would be given up before the store does."""
        require_addresses("vault.store", [self.store])
        known = self.store_key.startswith("ssh-ed25519 ") and "\n" not in self.store_key
        require(known, "vault.store_key", self.store_key, "one line of a public ed25519 key is accepted")
        require("PRIVATE KEY" in self.key, "vault.key", "...", "a private key is accepted")
        require(24 % self.interval_hours == 0, "vault.interval_hours", self.interval_hours, "a part of a day")
        require(self.source_days >= 1, "vault.source_days", self.source_days, "one day or more")
        require(self.keep_days >= 30, "vault.keep_days", self.keep_days, "30 days or more: BAK-03's retention")
