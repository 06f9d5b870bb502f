"""The journeys of tests/journeys on this platform: as many as a run has time for, in rotation."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOT, Platform
from tests.sample import cases_in_turn, changed_files, part

CHANGED = changed_files()
JOURNEYS = sorted((ROOT / "tests" / "journeys").glob("test_*.py"))

pytestmark = [pytest.mark.lab, pytest.mark.sampled(8)]


@pytest.mark.parametrize(
    "journey",
    part(JOURNEYS, size=cases_in_turn("journey", CHANGED), is_touched=lambda file: file in CHANGED),
    ids=lambda file: file.stem.removeprefix("test_"),
)
def test_journey(platform: Platform, journey: Path) -> None:
    """A person's day goes as it should."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", journey],
        cwd=ROOT,
        env=platform.environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
