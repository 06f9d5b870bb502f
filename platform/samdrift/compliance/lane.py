"""Which checks run beside each other: each lane is a process that takes its requirements one after the other."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from samdrift.compliance.result import Result, read
from samdrift.standard.requirement import Requirement
from samdrift.state import REPOSITORY

CHECKS = Path("tests/checks")
BESIDE = 3
"""Lanes at once: checks mostly wait for mail, replication and browsers, and not for a processor."""
UNKNOWN = 60.0
"""Seconds that a requirement is taken to need whose checks were never run here."""


def spread(
    requirements: Collection[Requirement], *, seconds: Mapping[str, float], lanes: int = BESIDE
) -> tuple[tuple[Requirement, ...], ...]:
    """Share requirements out so that all lanes end at about the same time; what is `alone` is in none.

    `seconds`: id -> what its checks took last. The longest comes first, and goes where least is to be done.
    """
    loads = [0.0] * lanes
    found: list[list[Requirement]] = [[] for _ in loads]
    together = [one for one in requirements if not one.alone]
    for one in sorted(together, key=lambda one: -seconds.get(one.id, UNKNOWN)):
        lane = loads.index(min(loads))
        loads[lane] += seconds.get(one.id, UNKNOWN)
        found[lane].append(one)
    return tuple(tuple(lane) for lane in found if lane)


def taken(results: Collection[Result]) -> dict[str, float]:
    """Return id -> seconds that its checks took, by results that were kept; what no check looked at took none."""
    found: dict[str, float] = {}
    for one in results:
        if one.check:
            found[one.requirement] = found.get(one.requirement, 0.0) + one.seconds
    return found


def run_beside(
    lanes: Sequence[Sequence[Requirement]],
    *,
    environment: Mapping[str, str],
    options: Sequence[str],
    log: Path,
    say: Callable[[str], None] | None,
) -> tuple[Result, ...]:
    """Run every lane's checks at the same time and return what they wrote down, lane by lane.

    Each lane's own output is added to `log` when all have ended. Whatever ends this early lets every check undo what it
    has made.
    """
    with tempfile.TemporaryDirectory(prefix="samdrift-verify-") as folder, ExitStack() as files:
        output = [files.enter_context((Path(folder) / f"{number}.log").open("w+")) for number, _ in enumerate(lanes)]
        results = [Path(folder) / f"{number}.jsonl" for number, _ in enumerate(lanes)]
        processes = [
            subprocess.Popen(
                _command(lane, results=result, options=options),
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
            for lane, result, stream in zip(lanes, results, output, strict=True)
        ]
        try:
            _follow(processes, results, say=say)
        except BaseException:
            for process in processes:
                process.send_signal(signal.SIGINT)
            for process in processes:
                process.wait()
            raise
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
