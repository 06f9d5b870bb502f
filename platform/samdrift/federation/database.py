"""The systems that have a database of their own on db, and everything that is computed from that.

An account and a database of the system's name, a password that nobody chose, a way in from the system's hosts and from
nowhere else: role `database`, flow `database-<name>`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from samdrift.federation.record import Flow, Hall

HOST = "db"
PORT = 5432
SUPPORT_ENDS = {
    15: date(2027, 11, 11),
    16: date(2028, 11, 9),
    17: date(2029, 11, 8),
    18: date(2030, 11, 14),
}
"""Version -> the day of its makers' last release (postgresql.org/support/versioning, read in November 2026)."""


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
"""The platform's own."""
RESERVED = ("postgres", "template0", "template1", "all", "replication", "samerole", "sameuser")
"""Names that PostgreSQL gives a meaning of their own, as accounts, databases or words of pg_hba.conf."""


def ordered(hall: Hall) -> tuple[System, ...]:
    """The systems that the hall's stack file orders a database for."""
    return tuple(System(one.name, one.hosts) for one in hall.databases)


def systems(hall: Hall) -> tuple[System, ...]:
    """Every system with a database: the platform's own, and those that are ordered."""
    return (*SYSTEMS, *ordered(hall))


def flows(of: Iterable[System]) -> tuple[Flow, ...]:
    """The way of each system to its database."""
    return tuple(
        Flow(
            name=f"database-{system.name}",
            source=system.hosts,
            target=(HOST,),
            protocol="tcp",
            ports=(str(PORT),),
            why="A system asks its own database",
        )
        for system in of
    )
