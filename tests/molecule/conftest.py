"""Verify tests of the scenarios are molecule's: outside a scenario there is no host to look at."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

if "MOLECULE_SCENARIO_NAME" not in os.environ:
    collect_ignore_glob = ["*/test_*.py"]


@pytest.fixture
def on() -> Callable[..., str]:
    """`on("ystad-adm", "command", ok=False)`: what a host says; the test fails when its exit status is not as told."""

    def run(host: str, command: str, *, ok: bool = True) -> str:
        config = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "ssh" / "config"
        done = subprocess.run(
            ["ssh", "-F", config, host, command], capture_output=True, text=True, timeout=300, check=False
        )
        assert (done.returncode == 0) is ok, f"{host}: {command}: {done.returncode} {done.stdout} {done.stderr}"
        return done.stdout

    return run
