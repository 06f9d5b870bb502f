"""Which part of the long tests one run tries: what the change touches first, then a sample that rotates by commit.

All sabotages and all scenarios take hours by now; `SAMDRIFT_TEST_ALL=1 make test` and `samdrift sabotage` try them all.
A run has a bound, so a change that touches everything tries another part with each commit. The part follows from the
commit: a red run can be repeated. Where the run itself has a bound, what is left of a sample is left out and named.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

ROOT = Path(__file__).resolve().parents[1]
_ID = re.compile(r"\b[A-Z]{3,4}-\d{2}\b")
_FILE = re.compile(r"\b(?:test_)?([a-z]{3,4})_(\d{2})\b")

Thing = TypeVar("Thing")


def tries_all() -> bool:
    """Whether this run is to try everything."""
    return bool(os.environ.get("SAMDRIFT_TEST_ALL"))


def part(
    things: Sequence[Thing], *, size: int, is_touched: Callable[[Thing], bool], seed: str | None = None
) -> tuple[Thing, ...]:
    """Return at most `size` of the things, touched ones before others, in the order given; all when asked for."""
    if tries_all():
        return tuple(things)
    mixed = random.Random(seed or commit()).sample(range(len(things)), len(things))
    mixed.sort(key=lambda place: not is_touched(things[place]))
    taken = set(mixed[:size])
    return tuple(thing for place, thing in enumerate(things) if place in taken)


TRIALS = {
    "fault": ("tests/acceptance/test_fault.py", "platform/samdrift/*.py"),
    "journey": ("tests/acceptance/test_journey.py", "tests/journeys/*"),
    "stop": ("tests/acceptance/test_stop.py",),
}
"""Tests of the whole platform that take minutes a case -> whose change has them tried at once: one of them a run."""


def cases_in_turn(trial: str, changed: Iterable[Path], *, seed: str | None = None) -> int:
    """Return how many cases of this trial a run tries after these changes: one where it has its turn, else none."""
    files = [file.relative_to(ROOT) for file in changed if file.is_relative_to(ROOT)]
    touched = {one for one, patterns in TRIALS.items() if any(file.match(each) for file in files for each in patterns)}
    return int(trial in part(tuple(TRIALS), size=1, is_touched=lambda one: one in touched, seed=seed))


def need_minutes(minutes: float) -> None:
    """Skip the calling test where so much time is not left until `SAMDRIFT_TEST_UNTIL` (seconds since 1970).

    For samples alone: on a slow machine a run ends with what it has to try rather than not at all.
    """
    left = (float(os.environ.get("SAMDRIFT_TEST_UNTIL", "inf")) - time.time()) / 60
    if left < minutes:
        pytest.skip(f"takes {minutes:g} minutes, and {left:.0f} are left until SAMDRIFT_TEST_UNTIL")


def touched_ids(files: Iterable[Path]) -> set[str]:
    """Return the requirements that these files are of: named in a check's or sabotage's file name, or in the text.

    A role says in its `__init__.py` which requirements it serves: a change of any of its files touches these.
    """
    found: set[str] = set()
    for file in files:
        if match := _FILE.search(file.stem):
            found.add(f"{match[1].upper()}-{match[2]}")
        role = file.relative_to(ROOT).parts[:2] if file.is_relative_to(ROOT) else ()
        texts = [file, ROOT / Path(*role) / "__init__.py"] if role[:1] == ("roles",) else [file]
        for text in texts:
            # The standard's own files name every row: there only the record that changed would count.
            if text.is_file() and text.suffix == ".py":
                found |= set(_ID.findall(text.read_text(errors="replace")))
    return found


def changed_files() -> list[Path]:
    """Return what differs from the main line's last landed state, or from the commit before where there is none."""
    for base in ("origin/main", "HEAD~1"):
        done = _git("diff", "--name-only", f"{base}...HEAD")
        if done is not None and done.strip():
            return [ROOT / line for line in done.splitlines()]
    return []


def commit() -> str:
    """Return the commit that is tested; outside a repository a fixed word."""
    return (_git("rev-parse", "HEAD") or "no commit").strip()


def _git(*words: str) -> str | None:
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None
