"""What one sabotage showed: was the check green, did the change turn it red under the right id, green again after."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from samdrift.compliance import last
from samdrift.compliance.verdict import Verdict

LAST_OUTCOMES = Path("results/sabotage.jsonl")
"""Where the last outcome of each sabotage is kept, in the state folder."""


class Outcome(BaseModel):
    """One sabotage that was tried. A verdict is None where that run was not reached."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    requirement: str
    name: str
    before: Verdict | None = None
    during: Verdict | None = None
    after: Verdict | None = None
    evidence: tuple[str, ...] = ()
    """What the check said while the platform was sabotaged, or why it was not tried."""
    seconds: float = Field(default=0.0, ge=0)
    at: AwareDatetime

    @property
    def proved(self) -> bool:
        """Whether the check went red by this change alone."""
        return (self.before, self.during, self.after) == (Verdict.PASS, Verdict.FAIL, Verdict.PASS)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON types, with `proved`."""
        return self.model_dump(mode="json") | {"proved": self.proved}


def read(file: Path) -> tuple[Outcome, ...]:
    """Read the kept outcomes; a file that is not there holds none."""
    return last.read(file, Outcome)


def keep(outcomes: Iterable[Outcome], file: Path) -> None:
    """Add outcomes to the file, each in place of an older one of the same sabotage."""
    last.keep(outcomes, file, Outcome, key=lambda one: (one.requirement, one.name))
