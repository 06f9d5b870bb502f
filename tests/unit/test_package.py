"""Packages are asked for again by a new program, and not for ever."""

import subprocess
from pathlib import Path

import pytest

from roles.operations.package import TRIES


@pytest.mark.parametrize(("works_at", "code", "runs"), [(1, 0, 1), (3, 0, 3), (9, 1, 4)])
def test_what_fails_is_tried_four_times_in_all(tmp_path: Path, works_at: int, code: int, runs: int) -> None:
    log = tmp_path / "runs"
    command = f"sh -c 'echo >> {log}; [ $(wc -l < {log}) -ge {works_at} ]'"
    done = subprocess.run(["sh", "-c", f"set -e; {TRIES}; tries {command}"], check=False)
    assert (done.returncode, len(log.read_text().splitlines())) == (code, runs)
