"""What `backup` must know: where the store is, who this host is to it, and how much may be lost."""

from __future__ import annotations

from dataclasses import dataclass, field

from roles.operations.setting import require, require_addresses, require_name


@dataclass(frozen=True)
class Settings:
    """Facts of one host that brings archives."""

    host: str
    """Short name: its part of the store is called so."""
    store: str
    """Address of the store, not its name: the directory must come back from a backup when nobody answers for names."""
    store_key: str
    """Public SSH key of the store."""
    key: str = field(repr=False)
    """This host's SSH key to the store."""
    secret: str = field(repr=False)
    """What the passphrases of this host's repositories are derived from, each by its name."""
    port: int = 2222
    recovery_point_hours: int = 24
    """The agreed loss. Backups run at half of that, so that one that fails, or takes long, costs nothing yet."""
    generation_days: int = 30
    """A new repository is begun so often: an old one goes as a whole, and nothing is ever deleted inside one."""

    def __post_init__(self) -> None:
        """Refuse what could not be reached, or would never run."""
        require_name("backup.host", self.host)
        require_addresses("backup.store", [self.store])
        known = self.store_key.startswith("ssh-ed25519 ") and "\n" not in self.store_key
        require(known, "backup.store_key", self.store_key, "one line of a public ed25519 key is accepted")
        require("PRIVATE KEY" in self.key, "backup.key", "...", "a private key is accepted")
        require(len(self.secret) >= 20, "backup.secret", "...", "20 characters or more")
        hours = self.recovery_point_hours
        require(hours in (2, 4, 6, 8, 12, 16, 24, 48), "backup.recovery_point_hours", hours, "a part of two days")
        require(self.generation_days >= 1, "backup.generation_days", self.generation_days, "one day or more")

    @property
    def calendar(self) -> str:
        """When backups run, as systemd writes it; the first at one in the night."""
        every = self.recovery_point_hours // 2
        return f"*-*-* {','.join(f'{hour:02}' for hour in range(1 % every, 24, every))}:00"
