"""Sabotage: only a check that goes red by the change alone, and green again after it, is proven."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from samdrift.compliance import sabotage
from samdrift.compliance.outcome import Outcome, keep, read
from samdrift.compliance.result import Result, observe
from samdrift.compliance.target import NotALab, Target
from samdrift.compliance.verdict import Verdict
from samdrift.standard import catalogue
from samdrift.standard.catalogue import StandardError
from samdrift.standard.requirement import Requirement
from samdrift.state import State


def test_nothing_is_run_before_the_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sabotage, "run_checks", lambda **_: pytest.fail("a check ran against what is no lab"))
    with pytest.raises(NotALab):
        sabotage.run_sabotages(state=tmp_path, ids=["NET-01"])


class Platform:
    """A platform of one switch, and the check that looks at it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.broken = False
        self.blind = False
        self.asked: list[tuple[tuple[str, ...], str | None]] = []
        self.target = Target("lab", "", tmp_path, tmp_path, "instance", State("lab", tmp_path))
        monkeypatch.setattr(sabotage, "run_checks", self.check)

    def check(
        self, *, requirements: Sequence[Requirement], stack: str | None = None, **_: object
    ) -> tuple[Result, ...]:
        tests = requirements[0].tests
        self.asked.append((tests, stack))
        verdict = Verdict.FAIL if self.broken and not self.blind else Verdict.PASS
        words = ["a packet arrived"]
        return (observe("NET-01", subject="ystad", verdict=verdict, evidence=words, check=tests[0]),)

    def attempt(self, change: sabotage.Change) -> Outcome:
        one = sabotage.Sabotage("NET-01", "a-change", contextmanager(change))
        return sabotage.attempt(one, target=self.target)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Platform:
    return Platform(monkeypatch, tmp_path)


def test_red_by_the_change_and_green_after_the_undo_is_proof(platform: Platform) -> None:
    def change(_: Target) -> Iterator[None]:
        platform.broken = True
        yield
        platform.broken = False

    outcome = platform.attempt(change)
    assert outcome.proved
    assert outcome.evidence == ("ystad: a packet arrived",)
    before, during, after = platform.asked
    assert before == during == (catalogue.load().by_id("NET-01").tests, None)
    assert after == (before[0][:1], "ystad"), "the check that was red, for whom it was"


def test_what_changes_only_the_files_of_the_check_has_nothing_to_undo(platform: Platform) -> None:
    """The check for the next sabotage, or the last one, would find what such a one left against all expectation."""

    def change(_: Target) -> Iterator[sabotage.Environment]:
        platform.broken = True
        yield {"SAMDRIFT_STACKS": "/elsewhere"}

    assert platform.attempt(change).proved
    assert len(platform.asked) == 2, "before and during"


def test_a_check_that_stays_green_is_no_proof(platform: Platform) -> None:
    platform.blind = True

    def change(_: Target) -> Iterator[None]:
        platform.broken = True
        yield
        platform.broken = False

    assert not platform.attempt(change).proved


def test_a_change_that_is_not_undone_is_no_proof(platform: Platform) -> None:
    def change(_: Target) -> Iterator[None]:
        platform.broken = True
        yield

    outcome = platform.attempt(change)
    assert (outcome.during, outcome.after, outcome.proved) == (Verdict.FAIL, Verdict.FAIL, False)
    assert outcome.evidence[-1] == "after the undo: ystad: a packet arrived"


def test_a_change_that_breaks_is_told_and_the_platform_is_looked_at_again(platform: Platform) -> None:
    def change(_: Target) -> Iterator[None]:
        raise OSError("the gateway does not answer")
        yield

    outcome = platform.attempt(change)
    assert not outcome.proved
    assert outcome.after is Verdict.PASS
    assert "the gateway does not answer" in outcome.evidence[0]


def test_a_check_that_is_red_before_is_not_tried(platform: Platform) -> None:
    def change(_: Target) -> Iterator[None]:
        pytest.fail("the change was made")
        yield

    platform.broken = True
    outcome = platform.attempt(change)
    assert (outcome.before, outcome.during) == (Verdict.FAIL, None)
    assert outcome.evidence[1] == "ystad: a packet arrived", "and says why"


def test_a_green_result_of_a_moment_ago_stands_for_the_check_before() -> None:
    now = datetime.now(tz=UTC)

    def result(requirement: str, verdict: Verdict, *, minutes: int = 1, check: str = "a_check") -> Result:
        at = now - timedelta(minutes=minutes)
        return observe(requirement, subject="ystad", verdict=verdict, evidence=[], at=at, check=check)

    seen = [
        result("NET-01", Verdict.PASS),
        result("NET-01", Verdict.UNPROVEN, check=""),
        result("NET-02", Verdict.PASS),
        result("NET-02", Verdict.DNF),
        result("NET-03", Verdict.PASS, minutes=31),
        result("NET-07", Verdict.PASS, check=""),
    ]
    assert sabotage.seen_green(seen, now=now) == {"NET-01"}


def test_unknown_names_are_refused() -> None:
    with pytest.raises(StandardError, match="NET-99"):
        sabotage.select(sabotage.load(), ids=["NET-99"], names=None)
    with pytest.raises(StandardError, match="no sabotage is named"):
        sabotage.select(sabotage.load(), ids=None, names=["no-such"])


def test_the_last_outcome_of_each_sabotage_is_kept(tmp_path: Path) -> None:
    first = Outcome(requirement="NET-01", name="a", at=datetime.now(tz=UTC))
    second = first.model_copy(update={"name": "b"})
    again = first.model_copy(update={"during": Verdict.FAIL})
    keep([first, second], tmp_path / "outcomes.jsonl")
    keep([again], tmp_path / "outcomes.jsonl")
    assert read(tmp_path / "outcomes.jsonl") == (again, second)
