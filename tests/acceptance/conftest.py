"""The platform in a lab of its own, made once for all acceptance tests and taken away after them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from proxmoxer import ProxmoxAPI

from samdrift import lab
from samdrift.state import TEST_LAB, State, state_home
from tests.checks.scene import Scene, scene_at

ROOT = Path(__file__).resolve().parents[2]
SAMDRIFT = str(Path(sys.executable).with_name("samdrift"))


@dataclass(frozen=True)
class Platform:
    """The verbs on the tests' lab, as a person would type them."""

    environment: dict[str, str]

    @property
    def lab(self) -> str:
        """The lab's name."""
        return self.environment["SAMDRIFT_LAB"]

    def api(self) -> Any:
        """The hypervisor's API, by a client that is not ours."""
        found = lab.status(self.lab)
        secret = Path(found["token_file"]).read_text().strip().partition("=")[2]
        return ProxmoxAPI(
            "127.0.0.1",
            port=found["port"],
            user="root@pam",
            token_name="lab",
            token_value=secret,
            verify_ssl=found["ca_file"],
        )

    def guests(self) -> list[dict[str, Any]]:
        """Every guest that the hypervisor knows."""
        guests: list[dict[str, Any]] = self.api().cluster.resources.get(type="vm")
        return guests

    def run(self, *verb: str, timeout: float = 3600, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `samdrift VERB…`; fail the test with its last words when it does not end with 0 though `ok`."""
        done = subprocess.run(
            [SAMDRIFT, *verb],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if ok and done.returncode != 0:
            pytest.fail(
                f"samdrift {' '.join(verb)} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
            )
        return done

    def ask(self, *verb: str, ok: bool = True) -> Any:
        """Run a verb with --json and return its answer."""
        done = self.run(*verb, ok=ok)
        try:
            return json.loads(done.stdout)
        except ValueError:
            pytest.fail(f"samdrift {' '.join(verb)} gave no answer, but: {done.stdout[-2000:]}\n{done.stderr[-4000:]}")


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """A lab name that belongs to this checkout's tests: never a person's lab, and found again after a killed run."""
    name = os.environ.get("SAMDRIFT_TEST_LAB") or TEST_LAB + hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SAMDRIFT_", "PULUMI_", "PROXMOX_"))}
    return {**kept, "SAMDRIFT_LAB": name, "COLUMNS": "160"}


@pytest.fixture(scope="session")
def platform(environment: dict[str, str]) -> Iterator[Platform]:
    """The default federation, up and deployed. `SAMDRIFT_TEST_LAB` names one that stands already and shall stay."""
    made = Platform(environment)
    if os.environ.get("SAMDRIFT_TEST_LAB"):
        yield made
        return
    made.run("lab", "down", ok=False)
    try:
        made.run("lab", "up")
        made.run("up")
        yield made
    finally:
        made.run("lab", "down")


@pytest.fixture
def scene(platform: Platform) -> Iterator[Scene]:
    """The platform as the checks meet it."""
    with scene_at(State.at(state_home() / platform.lab)) as found:
        yield found
