"""What a stop of one host did to one kind of its users' traffic: how long nothing was taken, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from samdrift.compliance import last

LAST_STOPS = Path("results/stops.jsonl")
"""Where the last stop of each host and kind of traffic is kept, in the state folder."""


class Stop(BaseModel):
    """One host was switched off and on again while something numbered was handed in, one after the other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    traffic: str
    """What was handed in, in words for people."""
    tried: int = Field(ge=0)
    """How often while the host was off."""
    taken: int = Field(ge=0)
    """How many of these were acknowledged."""
    gap_s: float = Field(ge=0)
    """Longest time between two acknowledgements, in seconds: what a user would have had to wait."""
    back_s: float = Field(ge=0)
    """From the host's start until somebody is let in there, in seconds."""
    lost: int = Field(ge=0)
    """How many of all that was acknowledged were not there afterwards."""
    doubled: int = Field(ge=0)
    """How many were there more than once."""
    at: AwareDatetime

    @property
    def whole(self) -> bool:
        """Whether everything that was acknowledged was there afterwards, once."""
        return not self.lost and not self.doubled


def read(file: Path) -> tuple[Stop, ...]:
    """Read the kept stops; a file that is not there holds none."""
    return last.read(file, Stop)


def keep(stops: Iterable[Stop], file: Path) -> None:
    """Add stops to the file, each in place of an older one of the same host and traffic."""
    last.keep(stops, file, Stop, key=lambda one: (one.host, one.traffic))
