"""Which sabotages a run tries."""

from pathlib import Path

from samdrift.compliance.sabotage import load
from tests.acceptance.sample import ROOT, chosen, touched_ids

KNOWN = load()


def test_touched_rows_are_tried_whole_and_others_in_part() -> None:
    found = chosen(KNOWN, touched={"NET-03"}, seed="a", size=2)
    assert {one for one in KNOWN if one.requirement == "NET-03"} <= set(found)
    assert len([one for one in found if one.requirement != "NET-03"]) == 2
    assert list(found) == [one for one in KNOWN if one in found]


def test_sample_follows_from_the_commit_and_reaches_every_sabotage() -> None:
    assert chosen(KNOWN, touched=(), seed="a") == chosen(KNOWN, touched=(), seed="a")
    reached = {one for number in range(200) for one in chosen(KNOWN, touched=(), seed=str(number))}
    assert reached == set(KNOWN)


def test_small_set_is_tried_whole() -> None:
    assert chosen(KNOWN, touched=(), seed="a", size=10_000) == tuple(KNOWN)


def test_a_check_names_its_row_by_its_file_and_a_role_by_what_it_serves() -> None:
    assert "NET-03" in touched_ids([ROOT / "tests/checks/test_net_03.py"])
    assert touched_ids([ROOT / "roles/directory/people.py"]) >= {"DIR-01"}
    assert touched_ids([Path("/nonsuch/README.md")]) == set()
