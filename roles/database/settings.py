"""What `database` must know: the systems that have a database here, and where each may be asked from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from roles.operations import certificate
from roles.operations.setting import require, require_name, require_prefixes

RESERVED = ("postgres", "template0", "template1", "all", "replication", "samerole", "sameuser")
"""Names that PostgreSQL gives a meaning of their own, as accounts, databases or words of pg_hba.conf."""


@dataclass(frozen=True)
class Settings:
    """Facts of one host of databases."""

    certificate: dict[str, Any]
    systems: list[dict[str, Any]] = field(default_factory=list, repr=False)
    """`{"name", "password", "hosts4": [prefix], "hosts6": [prefix]}`: account and database have the system's name."""
    connections: int = 100
    """Of all systems together (PostgreSQL's own default): each costs about 2 MiB."""
    days: int = 7
    """How far back any chosen time can be had again."""
    handover_s: int = 300
    """The most that is lost with the server: a segment of its log is kept at the latest after this many seconds."""

    def __post_init__(self) -> None:
        """Refuse what would open a database further than its own system."""
        certificate.check(self.certificate, role="database")
        require(10 <= self.connections <= 1000, "database.connections", self.connections, "10 to 1000 are accepted")
        require(1 <= self.days <= 365, "database.days", self.days, "1 to 365 are accepted")
        require(10 <= self.handover_s <= 3600, "database.handover_s", self.handover_s, "10 to 3600 are accepted")
        for system in self.systems:
            name = system.get("name", "")
            require_name("database.systems.name", name)
            require(name not in RESERVED, "database.systems.name", name, "a name that PostgreSQL does not use itself")
            # The value itself is never shown.
            secret = system.get("password", "")
            require(len(secret) >= 12, f"database.systems.{name}.password", "...", "12 characters or more are accepted")
            hosts4, hosts6 = system.get("hosts4", []), system.get("hosts6", [])
            require(bool(hosts4 or hosts6), f"database.systems.{name}", "no hosts", "a host's addresses are needed")
            require_prefixes(f"database.systems.{name}.hosts4", hosts4, 4)
            require_prefixes(f"database.systems.{name}.hosts6", hosts6, 6)
        names = [system["name"] for system in self.systems]
        require(len(set(names)) == len(names), "database.systems", names, "each system stands once")
