"""Who answers what at the help desk: the competence groups, and the systems that people choose among in a case.

By when is agreed with each member: `support:` in the stack files (`record.Support`).
"""

from __future__ import annotations

from dataclasses import dataclass

HOST = "desk"
"""The guest that is the help desk, and its name in the hall's domain."""

MAILBOX = "servicedesk"
"""Local part of the one address for support, in every member's domain and in the hall's."""


@dataclass(frozen=True)
class Competence:
    """People who know one field: the directory's group `desk-<name>`, part of everybody who answers cases."""

    name: str
    title: str
    """As people read it, Swedish."""

    @property
    def group(self) -> str:
        """Its group in the directory."""
        return f"desk-{self.name}"


@dataclass(frozen=True)
class System:
    """What a case is about: it says which group gets it, and whose clock it goes by."""

    title: str
    """As people read it, Swedish; never changed: cases are found by it."""
    competence: str
    always: bool = False
    """Its clock does not stop at night: what it carries is used around the clock."""


COMPETENCES: tuple[Competence, ...] = (
    Competence("first", "Första linjen"),
    Competence("workplace", "Arbetsplats"),
    Competence("service", "Tjänster och servrar"),
    Competence("network", "Nät och säkerhet"),
)

SYSTEMS: tuple[System, ...] = (
    System("Annat", "first"),
    System("Konto och inloggning", "first"),
    System("Dator och utskrift", "workplace"),
    System("E-post och kalender", "service"),
    System("Verksamhetssystem", "service"),
    System("Nät och Internet", "network", always=True),
    System("Säkerhetshändelse", "network", always=True),
)
"""The first is the one of a case that names none."""
