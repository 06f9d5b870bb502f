"""Units of the station: what its timer starts is run as the timer runs it, and not as a command of the check's own."""

import subprocess
import time
from typing import Any


def run(*, unit: str, patience: float = 300.0) -> dict[str, Any]:
    """Run a unit that ends by itself; return its `code`, what systemd says of it (`result`, `err`), and its `seconds`.

    It begins after the call: who only starts a unit while it runs gets the end of that run, which may have looked
    before what the check did.
    """
    began = time.monotonic()
    await_end(unit=unit, patience=patience)
    command = ["systemctl", "start", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=patience)
    seconds = time.monotonic() - began
    return {"code": done.returncode, "result": _shown(unit, "Result"), "err": done.stderr, "seconds": seconds}


def await_end(*, unit: str, patience: float = 300.0) -> None:
    """Wait until the unit does not run."""
    end = time.monotonic() + patience
    while _shown(unit, "ActiveState") in ("activating", "active") and time.monotonic() < end:
        time.sleep(0.5)


def _shown(unit: str, what: str) -> str:
    command = ["systemctl", "show", "--value", "-p", what, unit]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
