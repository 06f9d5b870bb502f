"""Checks beside each other: each lane is a process that takes one requirement after another."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from samdrift.compliance.claim import AROUND
from samdrift.compliance.result import Result, read
from samdrift.ending import ended_with
from samdrift.standard.requirement import Requirement
from samdrift.state import REPOSITORY

CHECKS = Path("tests/checks")
BESIDE = 3
"""Lanes at once: checks mostly wait for mail, replication and browsers, and not for a processor."""


def longest_first(requirements: Collection[Requirement], *, seconds: Mapping[str, float]) -> tuple[Requirement, ...]:
    """Put first what is taken first, so that no lane begins something long when the others are done.

    `seconds`: id -> what its checks took last; for what was never run here the record says about how long.
    """
    return tuple(sorted(requirements, key=lambda one: -seconds.get(one.id, 60 * one.minutes)))


def taken(results: Collection[Result]) -> dict[str, float]:
    """Return id -> seconds that its checks took, by results that were kept; what no check looked at took none."""
    found: dict[str, float] = {}
    for one in results:
        if one.check:
            found[one.requirement] = found.get(one.requirement, 0.0) + one.seconds
    return found


def run_beside(
    requirements: Sequence[Requirement],
    *,
    lanes: int,
    environment: Mapping[str, str],
    options: Sequence[str],
    log: Path,
    say: Callable[[str], None] | None,
) -> tuple[Result, ...]:
    """Run the requirements' checks in so many lanes at the same time and return what they wrote down, lane by lane.

    A requirement is of the lane that comes to it first when its checks fit beside what the others check. Each lane's
    own output is added to `log` when all have ended. Whatever ends this early lets every check undo what it has made.
    """
    with tempfile.TemporaryDirectory(prefix="samdrift-verify-") as folder, ExitStack() as files:
        output = [files.enter_context((Path(folder) / f"{number}.log").open("w+")) for number in range(lanes)]
        results = [Path(folder) / f"{number}.jsonl" for number in range(lanes)]
        claims = Path(environment.get(AROUND) or Path(folder) / "claims")
        claims.mkdir(exist_ok=True)
        processes = [
            subprocess.Popen(
                _command(requirements, results=result, options=[*options, "--claims", str(claims)]),
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
            for result, stream in zip(results, output, strict=True)
        ]
        try:
            with ended_with(*processes):
                _follow(processes, results, say=say)
        finally:
            with log.open("a") as whole:
                for stream in output:
                    stream.seek(0)
                    whole.write(stream.read())
        return tuple(one for file in results for one in read(file))


def _command(requirements: Sequence[Requirement], *, results: Path, options: Sequence[str]) -> list[str]:
    tests = ",".join(test for one in requirements for test in one.tests)
    words = [sys.executable, "-m", "pytest", str(CHECKS), "-p", "samdrift.compliance.plugin", "-p", "no:cacheprovider"]
    return [*words, "--results", str(results), "--tests", tests, "-v", "--tb=short", *options]


def _follow(
    processes: Sequence[subprocess.Popen[bytes]], results: Sequence[Path], *, say: Callable[[str], None] | None
) -> None:
    """Wait for the checks to end, and say each result as it comes."""
    said = dict.fromkeys(results, 0)
    while True:
        ended = all(process.poll() is not None for process in processes)
        for file in results:
            found = read(file)
            if say:
                for one in found[said[file] :]:
                    say(f"{one.requirement} {one.subject}: {one.verdict.value} in {one.seconds:.0f} s")
            said[file] = len(found)
        if ended:
            return
        time.sleep(0.5)
