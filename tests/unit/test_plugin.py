"""The pytest plugin, on checks that end in every possible way."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from samdrift.compliance.result import Result, read
from samdrift.compliance.verdict import Verdict
from samdrift.state import REPOSITORY

CHECKS = """
import subprocess, pytest
from samdrift.compliance.evidence import ProbeTimeout

def live(evidence):
    evidence.case()
    evidence.control("the allowed answered", alive=True)

@pytest.fixture
def broken():
    raise RuntimeError("no way in")

@pytest.fixture
def untidy():
    yield
    raise RuntimeError("a listener stayed")

@pytest.mark.requirement("NET-01")
@pytest.mark.parametrize("member", ["tomelilla", "ystad"])
def test_holds(member, evidence):
    live(evidence)
    evidence.note(f"nothing arrived from {member}")

@pytest.mark.requirement("NET-02")
def test_violated(evidence):
    live(evidence)
    assert 1 == 2, "a frame crossed"

@pytest.mark.requirement("NET-03")
def test_silent_beside_a_live_control(evidence):
    live(evidence)
    raise ProbeTimeout("dc1:389 was silent for 3 s")

@pytest.mark.requirement("NET-04")
def test_silent_alone(evidence):
    raise subprocess.TimeoutExpired("ssh", 3)

@pytest.mark.requirement("NET-05")
def test_empty(evidence):
    evidence.control("the allowed answered", alive=True)

@pytest.mark.requirement("NET-06")
def test_no_set_up(broken, evidence):
    live(evidence)

@pytest.mark.requirement("NET-07")
def test_left_out():
    pytest.skip("not today")

@pytest.mark.requirement("DIR-01")
@pytest.mark.xfail(reason="known")
def test_excused(evidence):
    assert False

@pytest.mark.requirement("DIR-02")
def test_without_evidence():
    pass

@pytest.mark.requirement("DIR-03")
def test_broke(evidence):
    live(evidence)
    {}["missing"]

@pytest.mark.requirement("DIR-04")
def test_left_a_mess(untidy, evidence):
    live(evidence)

@pytest.mark.requirement("DIR-05")
@pytest.mark.parametrize("member", [])
def test_nobody_to_check(member, evidence):
    live(evidence)

def test_of_no_requirement():
    raise AssertionError("must not run")
"""


def checking(folder: Path, source: str) -> list[str]:
    """The command that runs these checks in the folder."""
    (folder / "test_checks.py").write_text(source)
    plugin = ["-p", "samdrift.compliance.plugin", "-p", "no:cacheprovider"]
    own = ["-c", str(REPOSITORY / "pyproject.toml"), "--results", str(folder / "results.jsonl")]
    return [sys.executable, "-m", "pytest", str(folder), *plugin, *own]


def run(folder: Path, source: str, *options: str) -> tuple[tuple[Result, ...], subprocess.CompletedProcess[str]]:
    command = [*checking(folder, source), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, timeout=120)
    return read(folder / "results.jsonl"), done


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, ...]:
    return run(tmp_path_factory.mktemp("checks"), CHECKS)[0]


@pytest.mark.parametrize(
    ("check", "verdict", "words"),
    [
        ("test_violated", Verdict.FAIL, "a frame crossed"),
        ("test_silent_beside_a_live_control", Verdict.FAIL, "dc1:389 was silent"),
        ("test_silent_alone", Verdict.DNF, "no live control"),
        ("test_empty", Verdict.DNF, "0 cases observed"),
        ("test_no_set_up", Verdict.DNF, "no way in"),
        ("test_left_out", Verdict.DNF, "not today"),
        ("test_excused", Verdict.DNF, "skipped"),
        ("test_without_evidence", Verdict.DNF, "0 cases"),
        ("test_broke", Verdict.DNF, "KeyError"),
        ("test_left_a_mess", Verdict.DNF, "a listener stayed"),
        ("test_nobody_to_check", Verdict.DNF, "empty parameter set"),
    ],
)
def test_ending_becomes_verdict(results: tuple[Result, ...], check: str, verdict: Verdict, words: str) -> None:
    (one,) = [one for one in results if one.check == check]
    assert one.verdict is verdict
    assert words in one.evidence[-1]


def test_passing_check_has_a_result_per_member(results: tuple[Result, ...]) -> None:
    passed = [one for one in results if one.verdict is Verdict.PASS]
    assert [(one.requirement, one.subject) for one in passed] == [("NET-01", "tomelilla"), ("NET-01", "ystad")]
    assert passed[0].evidence[0] == "nothing arrived from tomelilla"
    assert passed[0].cases == 1


def test_a_test_of_no_requirement_is_not_run(results: tuple[Result, ...]) -> None:
    assert len(results) == 13


def test_only_the_wanted_checks_run(tmp_path: Path) -> None:
    results, _ = run(tmp_path, CHECKS, "--tests", "test_holds,test_empty")
    assert [one.check for one in results] == ["test_holds", "test_holds", "test_empty"]


LONG = """
import pathlib, time, pytest
@pytest.mark.requirement("NET-01")
def test_long(evidence):
    try:
        pathlib.Path("started").touch()
        time.sleep(60)
    finally:
        pathlib.Path("undoing").touch()
        time.sleep(0.5)
        pathlib.Path("undone").touch()
"""
"""A check may have a member half joined; nobody else will take it away again."""


def test_a_check_whose_run_is_killed_still_cleans_up(tmp_path: Path) -> None:
    parent = f"import subprocess; subprocess.run({checking(tmp_path, LONG)!r}, stdout=subprocess.DEVNULL)"
    run = subprocess.Popen([sys.executable, "-c", parent], cwd=tmp_path)
    assert appears(tmp_path / "started")
    run.kill()
    run.wait()
    assert appears(tmp_path / "undone")


def test_a_check_that_is_told_twice_to_end_still_cleans_up(tmp_path: Path) -> None:
    """Ctrl-C comes from the terminal, and from the run that the terminal ends too."""
    check = subprocess.Popen(checking(tmp_path, LONG), cwd=tmp_path, stdout=subprocess.DEVNULL)
    assert appears(tmp_path / "started")
    check.send_signal(signal.SIGINT)
    assert appears(tmp_path / "undoing")
    check.terminate()
    assert check.wait(timeout=20) == pytest.ExitCode.INTERRUPTED
    assert (tmp_path / "undone").exists()


def appears(file: Path, *, seconds: float = 20.0) -> bool:
    """Whether the file is there within the time."""
    deadline = time.monotonic() + seconds
    while not file.exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_an_unknown_id_stops_the_run(tmp_path: Path) -> None:
    source = 'import pytest\n@pytest.mark.requirement("NET-99")\ndef test_x(): pass\n'
    results, done = run(tmp_path, source)
    assert not results
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "NET-99 is not a requirement" in done.stdout + done.stderr


def test_what_another_lane_has_claimed_is_left_to_it_with_all_its_checks(tmp_path: Path) -> None:
    """The order is that of `--tests`: the first one is what every lane comes to first."""
    claims = tmp_path / "claims"
    claims.mkdir()
    (claims / "NET-01").mkdir()
    tests = ["test_violated", "test_holds", "test_left_a_mess"]
    found, _ = run(tmp_path, CHECKS, "--claims", str(claims), "--tests", ",".join(tests))
    assert [one.requirement for one in found] == ["NET-02", "DIR-04"]
    assert sorted(file.name for file in claims.iterdir()) == ["DIR-04", "NET-01", "NET-02", "table"]
    claims = tmp_path / "more"
    claims.mkdir()
    found, _ = run(tmp_path, CHECKS, "--claims", str(claims), "--tests", ",".join(reversed(tests)))
    assert [one.requirement for one in found] == ["DIR-04", "NET-01", "NET-01", "NET-02"]


def test_an_exit_at_the_first_red_check_leaves_the_rest_to_nobody(tmp_path: Path) -> None:
    (tmp_path / "claims").mkdir()
    tests = "test_holds,test_violated,test_left_a_mess"
    found, _ = run(tmp_path, CHECKS, "--claims", str(tmp_path / "claims"), "--tests", tests, "--exitfirst")
    assert [one.requirement for one in found] == ["NET-01", "NET-01", "NET-02"]


def test_what_lives_as_long_as_the_session_is_made_once(tmp_path: Path) -> None:
    (tmp_path / "claims").mkdir()
    (tmp_path / "test_other.py").write_text(OTHER)
    (tmp_path / "conftest.py").write_text(ONCE)
    found, _ = run(
        tmp_path, f"{SCENE}\n{CHECKS}", "--claims", str(tmp_path / "claims"), "--tests", "test_a,test_b,test_c"
    )
    assert [one.verdict for one in found] == [Verdict.PASS] * 4
    assert len({one.evidence[0] for one in found}) == 1


SCENE = """
import pytest

@pytest.mark.requirement("MAIL-02")
@pytest.mark.parametrize("member", ["tomelilla", "ystad"])
def test_a(member, scene, evidence):
    evidence.note(scene); evidence.case(); evidence.control("alive", alive=True)

@pytest.mark.requirement("MAIL-02")
def test_b(scene, evidence):
    evidence.note(scene); evidence.case(); evidence.control("alive", alive=True)
"""
ONCE = """
import pytest, secrets

@pytest.fixture(scope="session")
def scene():
    yield secrets.token_hex(8)
"""
OTHER = """
import pytest

@pytest.mark.requirement("MAIL-03")
def test_c(scene, evidence):
    evidence.note(scene); evidence.case(); evidence.control("alive", alive=True)
"""
