"""Run a command at the station, for what has no better probe."""

import subprocess


def run(*, command: list[str], given: str = "", patience: float = 60.0) -> dict[str, object]:
    """Run it without a shell; return `code`, `out` and `err`. `given` is its standard input."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=patience)
    return {"code": done.returncode, "out": done.stdout, "err": done.stderr}
