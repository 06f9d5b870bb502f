"""What `samdrift verify` refuses before it runs anything, and what it keeps of earlier runs."""

from pathlib import Path

import pytest

from samdrift.compliance import run
from samdrift.compliance.result import Result, observe, read, write
from samdrift.compliance.verdict import Verdict
from samdrift.federation.record import UnknownStack
from samdrift.state import State, StateError


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    monkeypatch.setattr(run, "run_checks", lambda **_: pytest.fail("a check ran"))
    return State("lab", tmp_path / "lab").open()


def test_an_unknown_stack_and_one_that_is_no_member_are_refused(place: State) -> None:
    with pytest.raises(UnknownStack, match=r"no stack 'nosuch' .* ystad-osterlen\.ystad"):
        run.verify(state=place.root, stack="nosuch")
    with pytest.raises(StateError, match=r"ystad-osterlen\.hall is no member"):
        run.verify(state=place.root, stack="hall")


def test_where_nothing_is_up_nothing_is_checked(place: State) -> None:
    with pytest.raises(StateError, match="nothing is up"):
        run.verify(state=place.root, ids=["NET-01"])
    with pytest.raises(StateError, match=r"ystad-osterlen\.ystad is not up"):
        run.verify(state=place.root, stack="ystad")


def test_results_of_requirements_not_asked_are_kept(place: State, monkeypatch: pytest.MonkeyPatch) -> None:
    def result(requirement: str) -> list[Result]:
        return [observe(requirement, subject="ystad", verdict=Verdict.PASS, evidence=["seen"], check="a_check")]

    monkeypatch.setattr(run, "run_checks", lambda **_: tuple(result("NET-01")))
    place.write(place.handover / "ystad-osterlen.ystad.json", "[]")
    write([*result("NET-01"), *result("NET-02")], place.root / run.LAST_RESULTS)
    run.verify(state=place.root, ids=["NET-01"], extra=())
    kept = [one.requirement for one in read(place.root / run.LAST_RESULTS)]
    assert kept.count("NET-02") == 1
    assert kept.count("NET-01") >= 1
