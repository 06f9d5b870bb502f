"""Which checks run beside each other, and what is kept of them."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samdrift.compliance import lane, run
from samdrift.compliance.result import Result, observe
from samdrift.compliance.verdict import Verdict
from samdrift.standard import catalogue
from samdrift.standard.requirement import Requirement
from samdrift.state import State

CHECKED = [one for one in catalogue.load().requirements if one.tests]
IDS = {one.id for one in CHECKED}


def result(requirement: str, seconds: float) -> Result:
    return observe(
        requirement, subject="ystad", verdict=Verdict.PASS, evidence=["seen"], seconds=seconds, check="test_it"
    )


@given(st.dictionaries(st.sampled_from(sorted(IDS)), st.floats(0, 600)))
def test_what_took_longest_is_taken_first(seconds: dict[str, float]) -> None:
    found = lane.longest_first(CHECKED, seconds=seconds)
    assert sorted(one.id for one in found) == sorted(one.id for one in CHECKED)
    took = [seconds.get(one.id, 60 * one.minutes) for one in found]
    assert took == sorted(took, reverse=True)


def test_every_check_has_a_place_in_a_lane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[tuple[int, set[str]]]()

    def beside(part: Sequence[Requirement], *, lanes: int, **_: object) -> tuple[Result, ...]:
        asked.append((lanes, {one.id for one in part}))
        return ()

    monkeypatch.setattr(run, "run_beside", beside)
    run.run_checks(state=State.at(tmp_path), requirements=catalogue.load().requirements)
    assert asked == [(lane.BESIDE, IDS)]


def test_seconds_are_of_all_subjects_that_a_check_looked_at() -> None:
    results = [result("NET-01", 2.0), result("NET-01", 3.0), result("NET-02", 1.0)]
    unproven = observe("MAIL-01", subject="-", verdict=Verdict.UNPROVEN, evidence=[], seconds=0.0)
    assert lane.taken([*results, unproven]) == {"NET-01": 5, "NET-02": 1}


def test_lanes_run_at_once_and_all_that_they_say_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for the other's file: one after the other they would never end."""
    one, other = CHECKED[:2]

    def command(requirements: Sequence[Requirement], *, results: Path, options: Sequence[str]) -> list[str]:
        number = int(results.stem)
        line = result(requirements[number].id, 1.0).model_dump_json()
        return [sys.executable, "-c", SCRIPT, str(tmp_path), f"{number}", f"{1 - number}", str(results), line, *options]

    monkeypatch.setattr(lane, "_command", command)
    log, said = tmp_path / "verify.log", list[str]()
    found = lane.run_beside(
        [one, other], lanes=2, environment={**os.environ}, options=["option"], log=log, say=said.append
    )
    assert [one.requirement for one in found] == [one.id, other.id]
    assert sorted(said) == sorted(f"{one.id} ystad: PASS in 1 s" for one in (one, other))
    first, second = log.read_text().splitlines()
    assert first.startswith("0 option --claims ")
    assert second == first.replace("0", "1", 1)


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
        lane.run_beside([one], lanes=1, environment={**os.environ}, options=[], log=tmp_path / "log", say=interrupted)
    assert undone.exists()


STUBBORN = """
import pathlib, sys, threading
from samdrift.ending import undo_when_ended
undo_when_ended()
undone, results, line = sys.argv[1:]
try:
    pathlib.Path(results).write_text(line + "\\n")
    threading.Event().wait(60)
finally:
    pathlib.Path(undone).touch()
"""
