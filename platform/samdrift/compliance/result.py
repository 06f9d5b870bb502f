"""One result: what a check found about one requirement and one subject, when, and how long that is worth something."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from samdrift.compliance.evidence import DEAD
from samdrift.compliance.verdict import Verdict

LIFETIME = timedelta(days=7)
"""Default age at which a result no longer says anything about the platform of today."""


class Result(BaseModel):
    """The record of one observation; JSON of it is one entry of `results` in `samdrift verify --json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    requirement: str
    subject: str
    """What was observed: a member, a host, a stack, or `federation`."""
    verdict: Verdict
    evidence: tuple[str, ...] = ()
    """Sentences, in the order in which they were observed; the last one of a red result says what is wrong."""
    seconds: float = Field(default=0.0, ge=0)
    at: AwareDatetime
    expires: AwareDatetime
    check: str = ""
    """The test function or policy that observed it; empty where there is none yet."""
    cases: int = Field(default=0, ge=0)
    """How many separate observations it rests on."""

    @model_validator(mode="after")
    def _expires_later(self) -> Result:
        if self.expires <= self.at:
            raise ValueError(f"{self.requirement}: expires ({self.expires}) must be later than at ({self.at})")
        return self

    @property
    def reasons(self) -> tuple[str, ...]:
        """The sentences that made it what it is: the last one, and the controls that were dead."""
        return (*self.evidence[-1:], *(one for one in self.evidence[:-1] if one.startswith(DEAD)))

    def is_expired(self, now: datetime) -> bool:
        """Whether the result has become too old to count."""
        return now >= self.expires


def observe(
    requirement: str,
    *,
    subject: str,
    verdict: Verdict,
    evidence: Iterable[str],
    seconds: float = 0.0,
    check: str = "",
    cases: int = 0,
    at: datetime | None = None,
    lifetime: timedelta = LIFETIME,
) -> Result:
    """Make a result of now (or `at`) that expires after `lifetime`."""
    moment = at or datetime.now(tz=UTC)
    return Result(
        requirement=requirement,
        subject=subject,
        verdict=verdict,
        evidence=tuple(evidence),
        seconds=round(seconds, 3),
        at=moment,
        expires=moment + lifetime,
        check=check,
        cases=cases,
    )


def write(results: Iterable[Result], file: Path) -> None:
    """Keep results in a file, one JSON object a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(one.model_dump_json() + "\n" for one in results))


def add(result: Result, file: Path) -> None:
    """Keep one more result, so that who follows the file sees it at once and a run cut short keeps what it had."""
    with file.open("a") as stream:
        stream.write(result.model_dump_json() + "\n")


def read(file: Path) -> tuple[Result, ...]:
    """Read what was kept; a file that is not there holds nothing, and a line still being written is no result yet."""
    if not file.exists():
        return ()
    *whole, _ = file.read_text().split("\n")
    return tuple(Result.model_validate(json.loads(line)) for line in whole if line.strip())
