"""What `repository` must know: who may bring archives, who may read them all, and how long they stay."""

from __future__ import annotations

from dataclasses import dataclass, field

from roles.operations.setting import require, require_name


@dataclass(frozen=True)
class Settings:
    """Facts of the backup store; lists as they come from JSON."""

    host_key: str = field(repr=False)
    """The store's own SSH key: its clients know its public half before they ever connect."""
    reader_key: str
    """Public key of the vault, which may read everything and change nothing."""
    clients: list[dict[str, str]]
    """`{"host", "key"}` of each host that brings archives: its short name, its public key."""
    port: int = 2222
    """Not SSH's own: who brings archives never reaches the port by which the host is administered."""
    retention_days: int = 30
    """A repository is removed as a whole so long after its last archive; archives in it are never removed singly."""
    reserve_percent: int = 10
    """Of the store's disk: never given to archives, so that the store still works when it is full."""
    share_percent: int = 60
    """Of the store's disk: the most one repository may take: one system that grows must not shut out all others."""
    silent_hours: int = 13
    """So long the vault may say nothing: it does after each fetch, every 6 hours, and one may come to nothing."""

    def __post_init__(self) -> None:
        """Refuse what would let the wrong ones in, or nothing be kept."""
        require("PRIVATE KEY" in self.host_key, "repository.host_key", "...", "a private key is accepted")
        keys = {"repository.reader_key": self.reader_key}
        for client in self.clients:
            require_name("repository.clients.host", client.get("host", ""))
            keys[f"repository.clients.{client['host']}.key"] = client.get("key", "")
        for name, key in keys.items():
            require(key.startswith("ssh-ed25519 ") and "\n" not in key, name, key, "one line of a public ed25519 key")
        hosts = [client["host"] for client in self.clients]
        require(len(set(hosts)) == len(hosts), "repository.clients", hosts, "each host stands once")
        # A key that two accounts share would let one host add to the other's repositories.
        require(len(set(keys.values())) == len(keys), "repository.clients", hosts, "each has a key of its own")
        require(1024 <= self.port < 65536, "repository.port", self.port, "1024 to 65535 are accepted")
        require(self.retention_days >= 1, "repository.retention_days", self.retention_days, "one day or more")
        require(1 <= self.reserve_percent <= 50, "repository.reserve_percent", self.reserve_percent, "1 to 50")
        require(1 <= self.share_percent <= 100, "repository.share_percent", self.share_percent, "1 to 100")
        require(self.silent_hours >= 1, "repository.silent_hours", self.silent_hours, "one hour or more")
