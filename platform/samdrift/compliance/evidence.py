"""What a check writes down while it observes, and the verdict that follows from it and from how the check ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from samdrift.compliance.verdict import Verdict


class ProbeTimeout(TimeoutError):
    """A probe got no answer within its deadline. FAIL beside a live positive control, otherwise DNF."""


class Ending(StrEnum):
    """How a check came to its end."""

    PASSED = "passed"
    ASSERTED = "asserted"
    """An assertion of the check itself did not hold."""
    TIMED_OUT = "timed out"
    BROKE = "broke"
    """Any other exception, and every exception of set-up or clean-up: says nothing about the platform."""
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Control:
    """A positive control: something allowed that had to work at the same time, from the same place."""

    sentence: str
    alive: bool


ALIVE, DEAD = "control alive", "control DEAD"
"""How the sentence of a positive control begins."""


@dataclass
class Evidence:
    """Collects one check's observations. The fixture `evidence` of every check."""

    subject: str = "federation"
    sentences: list[str] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    cases: int = 0
    minimum: int = 1

    def need(self, minimum: int) -> None:
        """Say how many cases members and services call for; fewer observed cases are no result."""
        self.minimum = max(1, minimum)

    def note(self, sentence: str) -> None:
        """Write down an observation."""
        self.sentences.append(sentence)

    def case(self, count: int = 1) -> None:
        """Count observed cases, whatever they showed."""
        self.cases += count

    def control(self, sentence: str, *, alive: bool) -> bool:
        """Write down a positive control, which had to work; return `alive`."""
        self.controls.append(Control(sentence=sentence, alive=alive))
        return alive

    @property
    def dead_controls(self) -> tuple[Control, ...]:
        """The controls that did not work."""
        return tuple(one for one in self.controls if not one.alive)

    @property
    def is_live(self) -> bool:
        """Whether there was a positive control and every one of them worked."""
        return bool(self.controls) and not self.dead_controls


def judge(ending: Ending, evidence: Evidence, *, reason: str = "") -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict on a check that ended so, and its evidence with the deciding sentence last.

    An observed violation is FAIL whatever else happened. Nothing else is a verdict on the platform unless the
    controls were alive and as many cases were observed as were called for: an empty or blind check never passes.
    """
    sentences = [*evidence.sentences]
    sentences += [f"{ALIVE if one.alive else DEAD}: {one.sentence}" for one in evidence.controls]
    cases = f"{evidence.cases} cases observed, at least {evidence.minimum} called for"
    if ending is Ending.ASSERTED:
        verdict, last = Verdict.FAIL, reason or "the check's assertion did not hold"
    elif ending is Ending.TIMED_OUT and evidence.is_live:
        verdict, last = Verdict.FAIL, f"no answer beside a live control: {reason}"
    elif ending is Ending.TIMED_OUT:
        verdict, last = Verdict.DNF, f"no answer, and no live control beside it: {reason}"
    elif ending is not Ending.PASSED:
        verdict, last = Verdict.DNF, f"{ending.value}: {reason}"
    elif evidence.dead_controls:
        verdict, last = Verdict.DNF, "a positive control did not work, so the probe may have been dead"
    else:
        verdict, last = (Verdict.PASS if evidence.cases >= evidence.minimum else Verdict.DNF), cases
    return verdict, (*sentences, last)
