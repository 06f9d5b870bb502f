"""Which part of the long tests a run tries."""

import time
from pathlib import Path

import pytest

from tests.sample import ROOT, TRIALS, cases_in_turn, need_minutes, part, touched_ids

THINGS = tuple("abcdefghij")


@pytest.fixture(autouse=True)
def not_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMDRIFT_TEST_ALL", raising=False)


def taken(*, seed: str, touched: str = "", size: int = 4) -> tuple[str, ...]:
    return part(THINGS, size=size, is_touched=lambda thing: thing in touched, seed=seed)


def test_what_is_touched_comes_first_and_chance_fills_up() -> None:
    found = taken(seed="a", touched="bj")
    assert {"b", "j"} <= set(found)
    assert len(found) == 4
    assert list(found) == sorted(found)


def test_a_run_has_a_bound_even_when_everything_is_touched() -> None:
    assert len(taken(seed="a", touched="abcdefghij")) == 4


def test_the_part_follows_from_the_commit_and_reaches_everything() -> None:
    assert taken(seed="a") == taken(seed="a")
    assert {thing for number in range(100) for thing in taken(seed=str(number))} == set(THINGS)


def test_a_small_set_is_tried_whole_and_everything_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert taken(seed="a", size=20) == THINGS
    monkeypatch.setenv("SAMDRIFT_TEST_ALL", "1")
    assert taken(seed="a") == THINGS


def test_a_check_names_its_row_by_its_file_and_a_role_by_what_it_serves() -> None:
    assert "NET-03" in touched_ids([ROOT / "tests/checks/test_net_03.py"])
    assert touched_ids([ROOT / "roles/directory/domain.py"]) >= {"DIR-01"}
    assert touched_ids([Path("/nonsuch/README.md")]) == set()


def test_one_trial_of_minutes_a_run_and_the_changed_one_first() -> None:
    turns = [{one for one in TRIALS if cases_in_turn(one, [], seed=str(number))} for number in range(30)]
    assert {len(turn) for turn in turns} == {1}
    assert set.union(*turns) == set(TRIALS)
    for changed, trial in (("platform/samdrift/engine.py", "fault"), ("tests/journeys/test_leaver.py", "journey")):
        assert all(cases_in_turn(trial, [ROOT / changed], seed=str(number)) == 1 for number in range(30))


def test_a_sample_is_left_out_where_a_bounded_run_has_no_time_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMDRIFT_TEST_UNTIL", raising=False)
    need_minutes(1e6)
    monkeypatch.setenv("SAMDRIFT_TEST_UNTIL", str(time.time() + 10 * 60))
    need_minutes(9)
    with pytest.raises(pytest.skip.Exception, match="takes 11 minutes"):
        need_minutes(11)
