"""One requirement of the agreed standard. A record only: it never knows a verdict."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, pattern=r"\S")]
KebabName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
RequirementId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,4}-\d{2}$")]


class Level(StrEnum):
    """How binding a requirement is."""

    SHALL = "shall"
    """The platform is not accepted without it."""
    SHOULD = "should"
    """A deviation is allowed where it is recorded with owner and end date."""


class Stage(StrEnum):
    """Where a requirement is checked."""

    PREVIEW = "preview"
    """By policies, before anything is touched."""
    PLATFORM = "platform"
    """By checks on the running platform."""
    BOTH = "both"


class Authority(StrEnum):
    """Who may change a threshold."""

    MEMBERS = "members"
    """All members together, by the voting rule."""
    MEMBER = "member"
    """Each member's orderer, in its own agreement."""
    LAW = "law"
    """Nobody here."""


class Part(StrEnum):
    """A part of the platform that a check can want for itself."""

    ALARMS = "alarms"
    BACKUP = "backup"
    CONFIGURATION = "configuration"
    DATABASES = "databases"
    DESK = "desk"
    DIRECTORY = "directory"
    LINES = "lines"
    MAIL = "mail"
    SAMPLES = "samples"


class Record(BaseModel):
    """Base of the records: unknown keys refused, values fixed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Threshold(Record):
    """An agreed number; `default` holds until the authority sets another."""

    name: Sentence
    default: float
    unit: Annotated[str, StringConstraints(min_length=1)]
    changed_by: Authority


class Check(Record):
    """One automatic check: a policy's kebab-case name, or the name of a test function in tests/checks.

    `hall`: no member's site, people or mailboxes have a part in what it looks at, or it takes something away from all
    of them: it says nothing of a municipality that joins.
    """

    policy: KebabName | None = None
    test: Annotated[str, StringConstraints(pattern=r"^test_[a-z0-9_]+$")] | None = None
    hall: bool = False

    @model_validator(mode="after")
    def _has_one_kind(self) -> Check:
        if (self.policy is None) == (self.test is None):
            raise ValueError("a check names either `policy` or `test`, and one of them only")
        if self.hall and not self.test:
            raise ValueError(f"{self.policy}: only a check on the running platform is of the hall")
        return self

    @property
    def name(self) -> str:
        """The policy's or the test function's name."""
        return self.policy or self.test or ""


class Sabotage(Record):
    """A change to a throw-away platform that must turn the requirement's check red."""

    name: KebabName
    change: Sentence


class Requirement(Record):
    """What must hold, in one testable sentence, and everything that is known about proving it.

    `source` names paragraphs of the study behind the standard; `today` marks what the study does not ask for but
    a municipality answers for now. `open_clauses` are the parts of the statement that no check executes yet:
    while there is one, the best verdict is UNPROVEN.

    `trial`: its checks on the platform were not yet seen both green and, by each sabotage, red. They run when the id is
    asked for; otherwise the requirement is UNPROVEN, for such a check proves nothing.

    `holds`: parts of the platform that its checks stop, flood or change, so that no check that asks there may run
    beside them. `shares`: parts where its checks ask, None: in all of them. `minutes`: about how long they take in the
    lab.
    """

    id: RequirementId
    title: Sentence
    level: Level
    tier: Annotated[int, Field(ge=1, le=3)]
    stage: Stage
    statement: Sentence
    source: Sentence
    method: Sentence
    thresholds: tuple[Threshold, ...] = ()
    checks: tuple[Check, ...] = ()
    sabotages: tuple[Sabotage, ...] = ()
    open_clauses: tuple[Sentence, ...] = ()
    trial: bool = False
    holds: tuple[Part, ...] = ()
    shares: tuple[Part, ...] | None = None
    minutes: Annotated[float, Field(gt=0)] = 0.5

    @model_validator(mode="after")
    def _checks_fit(self) -> Requirement:
        kinds = {"preview" if check.policy else "platform" for check in self.checks}
        if self.stage is not Stage.BOTH and kinds - {self.stage.value}:
            raise ValueError(f"{self.id}: stage is {self.stage}, but a check of the other stage is named")
        for check in self.checks:
            if check.test and not check.test.startswith(f"test_{self.id.lower().replace('-', '_')}_"):
                raise ValueError(f"{self.id}: the test {check.test} must begin with the requirement's id")
        if self.trial and not self.tests:
            raise ValueError(f"{self.id}: a trial is of checks on the platform, and none is named")
        if self.holds and not self.tests:
            raise ValueError(f"{self.id}: only a check on the platform holds a part of it, and none is named")
        if self.sabotages and not self.tests:
            raise ValueError(f"{self.id}: a sabotage needs a check on the platform that it turns red")
        return self

    @property
    def area(self) -> str:
        """The letters of the id."""
        return self.id.partition("-")[0]

    @property
    def tests(self) -> tuple[str, ...]:
        """Names of the test functions that check it on the running platform."""
        return tuple(check.test for check in self.checks if check.test)

    def of_members(self) -> Requirement:
        """The same with those checks only that say something of a member."""
        return self.model_copy(update={"checks": tuple(one for one in self.checks if not one.hall)})

    def of_test(self, name: str) -> Requirement:
        """The same with the check alone that is this test function."""
        return self.model_copy(update={"checks": tuple(one for one in self.checks if one.test == name)})

    def fits_beside(self, other: Requirement) -> bool:
        """Whether neither's checks hold a part of the platform where the other's ask."""
        asked, asked_by_other = (
            set(Part) if one.shares is None else {*one.shares, *one.holds} for one in (self, other)
        )
        return asked_by_other.isdisjoint(self.holds) and asked.isdisjoint(other.holds)

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the policies that check it before deployment."""
        return tuple(check.policy for check in self.checks if check.policy)

    def threshold(self, name: str) -> float:
        """Return the agreed number of that name; KeyError names the requirement and what it has."""
        for threshold in self.thresholds:
            if threshold.name == name:
                return threshold.default
        raise KeyError(f"{self.id} has no threshold {name!r}; it has {[one.name for one in self.thresholds]}")
