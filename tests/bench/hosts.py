"""A deploy that changes nothing, beside the plain round trips to the same hosts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from samdrift.deploy import PARALLEL
from tests.bench.row import Row, timed
from tests.checks.scene import SSH_OPTIONS, Scene


def measure(scene: Scene) -> Iterator[Row]:
    """As many hosts at once as a deploy takes."""
    samdrift = Path(sys.executable).with_name("samdrift")
    deploy = timed(lambda: subprocess.run([samdrift, "deploy"], check=True, capture_output=True))
    with ThreadPoolExecutor(PARALLEL) as together:
        trips = timed(lambda: list(together.map(lambda host: round_trip(scene, host), scene.guests)))
    yield Row("no-op deploy of all hosts", "s", deploy, "one SSH command on each", trips)


def round_trip(scene: Scene, host: str) -> None:
    """Sign in, do nothing, leave."""
    command = ["ssh", "-F", str(scene.state.ssh / "config"), *SSH_OPTIONS, host, "true"]
    subprocess.run(command, check=True, capture_output=True)
