"""The platform as a whole: it comes up, a second run changes nothing, the standard holds, every check can turn red."""

import subprocess

import pytest

from samdrift.compliance.sabotage import load
from samdrift.federation.guest import all_guests
from samdrift.federation.load import load_federation
from samdrift.standard import catalogue
from tests.acceptance.conftest import Platform
from tests.sample import ROOT, changed_files, part, touched_ids, tries_all

CHECKED = [one for one in catalogue.load().requirements if one.tests and not one.trial]
PROVEN = {one.id for one in CHECKED}
MINUTES = {one.id: one.minutes for one in CHECKED}
TOUCHED = touched_ids(changed_files())
KNOWN = tuple(one for one in load() if one.requirement in PROVEN and (tries_all() or MINUTES[one.requirement] < 10))
"""Of the longest, to be seen red and green again takes half an hour: `samdrift sabotage` has their turn."""
OTHERS = [one for one in KNOWN if one.requirement not in TOUCHED and (tries_all() or MINUTES[one.requirement] < 2)]
SABOTAGES = (
    *part([one for one in KNOWN if one.requirement in TOUCHED], size=1, is_touched=lambda _: True),
    *part(OTHERS, size=1, is_touched=lambda _: False),
)
"""One of the rows that the change touches, and a short one of the others, so that each has its turn."""
FEDERATION = load_federation(ROOT / "stacks", "ystad-osterlen")
SUBJECTS = part([one.name for one in FEDERATION.members], size=1, is_touched=lambda _: False)
"""Members that a run has as subjects of its checks, in turn."""
JOINING = [one.id for one in CHECKED if one.id != "ONB-02" and one.of_members().tests == one.tests]
"""What ONB-02 has checked, all of it, for a municipality that joins."""
IN_TURN = part(JOINING, size=4, is_touched=lambda one: one in TOUCHED)
"""Of these, what a run has checked for who is a member already as well: what the change touches, others in turn."""
DECLARED = {guest.name for guest in all_guests(FEDERATION)}
MEMORY_AIM = 8 * 1024**3

pytestmark = pytest.mark.lab


def test_a_second_up_changes_nothing(platform: Platform) -> None:
    """A program that changes something each time cannot tell drift from itself (GOV-06)."""
    answer = platform.ask("up", "--json")
    assert set(answer["stacks"]) == {stack.name for stack in FEDERATION.stacks}
    assert {name: {op for op in done if op != "same"} for name, done in answer["stacks"].items()} == {
        name: set() for name in answer["stacks"]
    }
    assert [host for host in answer["hosts"] if host["changed"]] == []
    assert {host["name"] for host in answer["hosts"]} == DECLARED


def test_refresh_of_an_untouched_lab_finds_no_drift(platform: Platform) -> None:
    lines = platform.run("env").stdout
    done = subprocess.run(
        ["bash"],
        input=f"{lines}\npulumi refresh -s ystad-osterlen.hall --yes --non-interactive --expect-no-changes\n",
        env=platform.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower()


def test_the_guests_use_less_memory_than_agreed(platform: Platform) -> None:
    guests = platform.guests()
    assert len(guests) == len(DECLARED)
    assert sum(guest["mem"] for guest in guests) < MEMORY_AIM


def test_the_standard_holds(platform: Platform) -> None:
    """Every check passes, at least for who joins."""
    wanted = PROVEN - {*JOINING} | {*IN_TURN}
    words = ["--stack", *SUBJECTS] if len(SUBJECTS) == 1 else []
    words += [word for one in sorted(wanted) for word in ("-r", one)]
    answer = platform.ask("verify", *words, "--json", "-", ok=False)
    executed = [one for one in answer["results"] if one["check"]]
    assert [one for one in executed if one["verdict"] != "PASS"] == []
    assert {one["requirement"] for one in executed} == wanted


@pytest.mark.parametrize(
    "requirement",
    [
        pytest.param(one, marks=pytest.mark.sampled(5 + 3 * MINUTES[one]))
        for one in sorted({one.requirement for one in SABOTAGES})
    ],
)
def test_a_sabotage_turns_its_check_red(platform: Platform, requirement: str) -> None:
    """A check that was never seen red proves nothing."""
    wanted = [one.name for one in SABOTAGES if one.requirement == requirement]
    words = [word for name in wanted for word in ("--name", name)]
    outcomes = platform.ask("sabotage", "-r", requirement, *words, "--json", ok=False)
    assert [one for one in outcomes if not one["proved"]] == []
    assert sorted(one["name"] for one in outcomes) == sorted(wanted)
