"""The samples of a month, brought from the monitor as they lie there."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

HOST = "monitor"
FOLDER = "/var/lib/samdrift-samples"


class SamplesError(Exception):
    """No samples can be had, or they are not the ones that were kept; one sentence."""


def fetch(config: Path, *, start: int, end: int) -> list[str]:
    """The lines of every day of `[start, end)` and of the last day before it, by the way that `ssh_config` knows."""
    names = _run(config, f"cd {FOLDER} && ls -1 *.jsonl 2>/dev/null || true").split()
    chosen = files(names, start=start, end=end)
    if not chosen:
        raise SamplesError(f"{HOST} has kept no sample before {datetime.fromtimestamp(end, UTC):%Y-%m-%d}")
    return _run(config, f"cd {FOLDER} && cat {' '.join(map(shlex.quote, chosen))}").splitlines()


def files(names: Sequence[str], *, start: int, end: int) -> list[str]:
    """Which files, a day (UTC) each: those of the time, and the last one before, whose plan is still in force.

    >>> files(["2026-11-01.jsonl", "2026-10-31.jsonl", "2026-10-30.jsonl"], start=1793487600, end=1796079600)
    ['2026-10-30.jsonl', '2026-10-31.jsonl', '2026-11-01.jsonl']
    """
    first, last = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}.jsonl" for at in (start, end - 1))
    before = sorted(name for name in names if name < first)[-1:]
    return [*before, *sorted(name for name in names if first <= name <= last)]


def _run(config: Path, script: str) -> str:
    done = subprocess.run(["ssh", "-F", str(config), HOST, script], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SamplesError(
            f"{HOST} does not give its samples: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}"
        )
    return done.stdout
