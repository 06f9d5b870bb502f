"""Each role's scenario from create to destroy, as `cd tests && molecule test -s ROLE` runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.molecule.scenario import read
from tests.sample import changed_files, part

TESTS = Path(__file__).resolve().parents[1]
CHANGED = changed_files()
SCENARIOS = sorted(file.parent.name for file in Path(__file__).parent.glob("*/molecule.yml"))


def test_every_role_has_a_scenario() -> None:
    roles = {file.parent.name for file in (TESTS.parent / "roles").glob("*/settings.py")}
    assert {*SCENARIOS, *(role for name in SCENARIOS for role in read(name).covers)} == roles


def is_touched(scenario: str) -> bool:
    """Whether the change is in the scenario or in the role of its name."""
    return any(
        file.is_relative_to(TESTS.parent / place / scenario)
        for place in ("roles", "tests/molecule")
        for file in CHANGED
    )


CHOSEN: tuple[str, ...] = part(SCENARIOS, size=2 if sum(map(is_touched, SCENARIOS)) > 1 else 1, is_touched=is_touched)


@pytest.mark.lab
@pytest.mark.sampled(8)
@pytest.mark.parametrize("scenario", CHOSEN)
def test_scenario(scenario: str) -> None:
    """Created, deployed, deployed again without a change, verified, destroyed."""
    folder = Path(sys.executable).parent
    done = subprocess.run(
        [folder / "molecule", "test", "-s", scenario],
        cwd=TESTS,
        env={
            **os.environ,
            "PATH": f"{folder}:{os.environ['PATH']}",
            "SAMDRIFT_PYTHON": sys.executable,
            "NO_COLOR": "1",
        },
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    if done.returncode != 0:
        # What failed stands in the midst: what comes after it, an end in good order, is long.
        begin = max(done.stdout.find("= FAILURES"), done.stdout.find("= ERRORS"), 0)
        shown = done.stdout[begin : begin + 6000] if begin else done.stdout[-6000:]
        pytest.fail(f"{shown}\n{done.stderr[-2000:]}", pytrace=False)
