"""How long the phases took, kept in the state folder for `samdrift status` and `samdrift bench`."""

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


def read(state: State) -> list[dict[str, object]]:
    """Return the recorded runs, oldest first."""
    file = state.root / "timing.json"
    found: list[dict[str, object]] = json.loads(file.read_text()) if file.exists() else []
    return found
