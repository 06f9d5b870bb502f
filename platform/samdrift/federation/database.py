"""The systems that have a database of their own on db: one row a system, and everything else is computed from it.

An account and a database of the row's name, a password that nobody chose, a way in from the row's hosts and from
nowhere else: role `database`, flow `database-<name>`.
"""

from __future__ import annotations

from dataclasses import dataclass

HOST = "db"
PORT = 5432


@dataclass(frozen=True)
class System:
    """What has a database."""

    name: str
    """Of the account and of the database; never changed: the data stand under it."""
    hosts: tuple[str, ...]
    """Guests of the hall the system runs on."""

    @property
    def secret(self) -> str:
        """Name of the account's password among the secrets."""
        return f"database-{self.name}"


SYSTEMS: tuple[System, ...] = (System("desk", ("desk",)), System("webmail", ("mail",)))
