"""Which checks run beside each other, and what is kept of them."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samdrift.compliance import lane
from samdrift.compliance.result import Result, observe
from samdrift.compliance.verdict import Verdict
from samdrift.standard import catalogue
from samdrift.standard.requirement import Requirement

CHECKED = [one for one in catalogue.load().requirements if one.tests]
IDS = {one.id for one in CHECKED}


def result(requirement: str, seconds: float) -> Result:
    return observe(
        requirement, subject="ystad", verdict=Verdict.PASS, evidence=["seen"], seconds=seconds, check="test_it"
    )


@given(st.dictionaries(st.sampled_from(sorted(IDS)), st.floats(0, 600)), st.integers(1, 6))
def test_each_is_in_one_lane_and_no_lane_waits_for_longer_than_one_check(seconds: dict[str, float], lanes: int) -> None:
    found = lane.spread(CHECKED, seconds=seconds, lanes=lanes)
    assert sorted(one.id for part in found for one in part) == sorted(one.id for one in CHECKED if not one.alone)
    loads = [sum(seconds.get(one.id, lane.UNKNOWN) for one in part) for part in found]
    longest = max(seconds.get(one.id, lane.UNKNOWN) for part in found for one in part)
    assert max(loads) - min(loads) <= longest + 1e-6


def test_what_needs_the_platform_for_itself_is_in_no_lane() -> None:
    alone = [one for one in CHECKED if one.alone]
    assert "ONB-02" in {one.id for one in alone}, "it counts the requests that others lose"
    assert "NET-07" in {one.id for one in alone}, "its sweep's 200,000 frames a second drown what others record"
    assert lane.spread(alone, seconds={}) == ()


def test_seconds_are_of_all_subjects_that_a_check_looked_at() -> None:
    results = [result("NET-01", 2.0), result("NET-01", 3.0), result("NET-02", 1.0)]
    unproven = observe("MAIL-01", subject="-", verdict=Verdict.UNPROVEN, evidence=[], seconds=0.0)
    assert lane.taken([*results, unproven]) == {"NET-01": 5, "NET-02": 1}


def test_lanes_run_at_once_and_all_that_they_say_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for the other's file: one after the other they would never end."""
    first, second = CHECKED[:2]

    def command(requirements: Sequence[Requirement], *, results: Path, options: Sequence[str]) -> list[str]:
        own, other = requirements[0].id, ({first.id, second.id} - {requirements[0].id}).pop()
        line = result(own, 1.0).model_dump_json()
        return [sys.executable, "-c", SCRIPT, str(tmp_path), own, other, str(results), line, *options]

    monkeypatch.setattr(lane, "_command", command)
    log, said = tmp_path / "verify.log", list[str]()
    found = lane.run_beside(
        [[first], [second]], environment={**os.environ}, options=["option"], log=log, say=said.append
    )
    assert [one.requirement for one in found] == [first.id, second.id]
    assert sorted(said) == sorted(f"{one.id} ystad: PASS in 1 s" for one in (first, second))
    assert log.read_text().splitlines() == [f"{first.id} option", f"{second.id} option"]


SCRIPT = """
import pathlib, sys, time
folder, own, other, results, line, *options = sys.argv[1:]
pathlib.Path(folder, own).touch()
deadline = time.monotonic() + 30
while not pathlib.Path(folder, other).exists():
    assert time.monotonic() < deadline
    time.sleep(0.01)
print(own, *options)
pathlib.Path(results).write_text(line + "\\n")
"""


def test_a_run_that_is_cut_short_lets_checks_undo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, undone = CHECKED[0], tmp_path / "undone"

    def command(requirements: Sequence[Requirement], *, results: Path, options: Sequence[str]) -> list[str]:
        return [sys.executable, "-c", STUBBORN, str(undone), str(results), result(one.id, 1.0).model_dump_json()]

    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(lane, "_command", command)
    with pytest.raises(KeyboardInterrupt):
        lane.run_beside([[one]], environment={**os.environ}, options=[], log=tmp_path / "log", say=interrupted)
    assert undone.exists()


STUBBORN = """
import pathlib, sys, threading
undone, results, line = sys.argv[1:]
try:
    pathlib.Path(results).write_text(line + "\\n")
    threading.Event().wait(60)
finally:
    pathlib.Path(undone).touch()
"""
