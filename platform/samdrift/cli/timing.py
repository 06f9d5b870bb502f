"""How long the phases took, kept in the state folder for `samdrift status` and `samdrift bench`."""

from __future__ import annotations

import json
import time

from samdrift.state import State


def record(state: State, run: str, seconds: dict[str, float]) -> None:
    """Add one run's phases to the installation's record of times."""
    file = state.root / "timing.json"
    with state.locked("timing"):
        found = json.loads(file.read_text()) if file.exists() else []
        found.append({"run": run, "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "seconds": seconds})
        state.write(file, json.dumps(found, indent=2))


def phases(state: State) -> dict[str, float]:
    """Return the last time in s of each phase on the way from a clone to a verified platform, in their order.

    A run of some stacks only, or one that found nothing to do, is no such phase.
    """
    from samdrift.toolchain import seconds_built

    found = {"toolchain": built} if (built := seconds_built()) else {}
    for run in read(state):
        if run["run"] in WHOLE:
            seconds = run["seconds"]
            assert isinstance(seconds, dict)
            found |= seconds
    return {name: found[name] for name in ORDER if name in found}


ORDER = ("toolchain", "template", "lab", "up", "deploy", "verify")
WHOLE = ("lab up", "up", "verify")
"""Names under which verbs record a run of everything."""


def read(state: State) -> list[dict[str, object]]:
    """Return the recorded runs, oldest first."""
    file = state.root / "timing.json"
    found: list[dict[str, object]] = json.loads(file.read_text()) if file.exists() else []
    return found
