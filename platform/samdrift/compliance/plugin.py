"""The pytest plugin of the checks: `pytest -p samdrift.compliance.plugin --results FILE tests/checks`.

A check is a test function marked `@pytest.mark.requirement("NET-01")` that takes the fixture `evidence`. However it
ends, it becomes a `Result`; a check that was skipped, broke in set-up or observed nothing is DNF, never absent.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from samdrift.compliance.claim import AROUND, claim
from samdrift.compliance.evidence import Ending, Evidence, judge
from samdrift.compliance.result import Result, add, observe, write
from samdrift.compliance.verdict import Verdict
from samdrift.ending import undo_when_ended
from samdrift.standard import catalogue

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that this process gets when its parent dies."""
EVIDENCE = pytest.StashKey[Evidence]()
ENDINGS = pytest.StashKey[dict[str, tuple[Ending, str]]]()
STARTED = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options that `samdrift verify` uses."""
    group = parser.getgroup("samdrift", "checks of the agreed standard")
    group.addoption(
        "--results", metavar="FILE", default=None, help="write each result there as it comes, a JSON line each"
    )
    group.addoption("--tests", metavar="NAME,NAME", default=None, help="run only these checks")
    group.addoption("--claims", metavar="FOLDER", default=None, help="leave out requirements that others claim there")
    group.addoption("--members", metavar="KEY,KEY", default=None, help="only these members as subjects")


def pytest_configure(config: pytest.Config) -> None:
    """Start with no results, and end when the run does that wants them: checks then still undo what they have made."""
    if file := config.getoption("--results"):
        write((), Path(file))
        undo_when_ended()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def requirement_of(item: pytest.Item) -> str | None:
    """Return the id in the item's marker; an unknown id is a usage error, not a quiet nothing."""
    marker = item.get_closest_marker("requirement")
    if marker is None:
        return None
    try:
        return catalogue.load().by_id(marker.args[0]).id
    except catalogue.StandardError as error:
        raise pytest.UsageError(f"{item.nodeid}: {error}") from error


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the wanted checks, in the order wanted; with the plugin on, tests that check no requirement are not run."""
    wanted = config.getoption("--tests")
    names = wanted.split(",") if wanted else None
    kept = [item for item in items if requirement_of(item) and (names is None or _name(item) in names)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = sorted(kept, key=lambda item: names.index(_name(item))) if names else kept


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Take one requirement after another, beside other processes; otherwise pytest's own loop is the right one."""
    folder = session.config.getoption("--claims")
    if not folder or session.testsfailed or session.config.option.collectonly:
        return None
    wanted = dict.fromkeys(str(requirement_of(item)) for item in session.items)
    while taken := claim(Path(folder), list(wanted)):
        requirement, lock = taken
        os.environ[AROUND] = str(Path(folder) / requirement)
        with lock:
            own = [one for one in session.items if requirement_of(one) == requirement]
            # What comes after them is not known; anything of another file keeps what lives as long as the session.
            other = next((one for one in session.items if one.path != own[-1].path), None)
            for item, following in zip(own, (*own[1:], other), strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.shouldfail:
                    raise session.Failed(session.shouldfail)
                if session.shouldstop:
                    raise session.Interrupted(session.shouldstop)
    return True


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Evidence:
    """The check's note book; subject is the parameter `member` or `subject` where the check has one."""
    found = request.node.stash.setdefault(EVIDENCE, Evidence())
    found.subject = _subject(request.node)
    return found


def _name(item: pytest.Item) -> str:
    """The test function's own name, without its parameters."""
    return str(getattr(item, "originalname", item.name))


def _subject(item: pytest.Item) -> str:
    parameters: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    return str(parameters.get("subject", parameters.get("member", "federation")))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember how each phase ended, and make the result when the last one has."""
    report = yield
    if requirement_of(item) is None:
        return report
    item.stash.setdefault(STARTED, call.start)
    endings = item.stash.setdefault(ENDINGS, {})
    endings[call.when] = _ending(call, report)
    if call.when == "teardown" and (file := item.config.getoption("--results")):
        add(_result(item, endings), Path(file))
    return report


def _ending(call: pytest.CallInfo[None], report: pytest.TestReport) -> tuple[Ending, str]:
    if call.excinfo is None and not hasattr(report, "wasxfail"):
        return Ending.PASSED, ""
    if call.excinfo is None or report.skipped:
        return Ending.SKIPPED, str(call.excinfo.value if call.excinfo else report.longrepr)
    error = call.excinfo.value
    where = f"{call.when}: " if call.when != "call" else ""
    reason = f"{where}{str(error).strip() or type(error).__name__}"
    if call.when == "call" and isinstance(error, AssertionError | pytest.fail.Exception):
        return Ending.ASSERTED, _sentence(reason)
    if call.when == "call" and isinstance(error, TimeoutError | subprocess.TimeoutExpired):
        return Ending.TIMED_OUT, reason
    return Ending.BROKE, f"{type(error).__name__}: {reason}"


def _sentence(reason: str) -> str:
    """Keep the check's own message; pytest's expansion of the expression follows it and stays in the log."""
    return reason.partition("\nassert ")[0].strip()


def _result(item: pytest.Item, endings: dict[str, tuple[Ending, str]]) -> Result:
    evidence = item.stash.get(EVIDENCE, Evidence(subject=_subject(item)))
    ending, reason = next(
        (endings[phase] for phase in ("setup", "call") if endings.get(phase, (Ending.PASSED,))[0] is not Ending.PASSED),
        (Ending.PASSED, ""),
    )
    if ending is Ending.PASSED:
        ending, reason = endings["teardown"]
    verdict, sentences = judge(ending, evidence, reason=reason)
    if endings["teardown"][0] is not Ending.PASSED and verdict is Verdict.FAIL:
        sentences = (*sentences, f"clean-up failed too: {endings['teardown'][1]}")
    return observe(
        str(requirement_of(item)),
        subject=evidence.subject,
        verdict=verdict,
        evidence=sentences,
        seconds=time.time() - item.stash[STARTED],
        check=_name(item),
        cases=evidence.cases,
    )
