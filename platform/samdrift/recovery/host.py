"""Commands on the platform's hosts, by the engineer's way in."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from samdrift.state import State


class RecoveryError(Exception):
    """Nothing was brought back; one sentence."""


def records(state: State) -> list[dict[str, Any]]:
    """The host records of every stack that is up, in plain JSON types."""
    return [one for file in sorted(state.handover.glob("*.json")) for one in json.loads(file.read_text())]


def command(state: State, host: str, line: str) -> list[str]:
    """The local command that runs a shell line on a host."""
    return ["ssh", "-F", str(state.ssh / "config"), "-o", "BatchMode=yes", host, line]


def run(state: State, host: str, line: str, *, given: str = "", patience: float = 600.0) -> str:
    """Run a shell line on a host as root and return its output.

    Raises: RecoveryError with the last thing that it said.
    """
    try:
        done = subprocess.run(
            command(state, host, line), input=given, capture_output=True, text=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired:
        raise RecoveryError(f"{host} did not finish within {patience:g} s: {line}") from None
    if done.returncode != 0:
        words = [one for one in done.stderr.strip().splitlines() if one]
        raise RecoveryError(f"{host}: {words[-1].removeprefix('samdrift-backup: ') if words else 'no reason given'}")
    return done.stdout


def carry(state: State, *, source: tuple[str, str], target: tuple[str, str]) -> None:
    """Give what a line on one host prints to a line on another; nothing is kept in between."""
    first = subprocess.Popen(command(state, *source), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    second = subprocess.run(command(state, *target), stdin=first.stdout, capture_output=True, check=False)
    _, told = first.communicate()
    for host, code, words in ((source[0], first.returncode, told), (target[0], second.returncode, second.stderr)):
        if code != 0:
            raise RecoveryError(f"{host}: {(words.decode().strip().splitlines() or ['no reason given'])[-1]}")
