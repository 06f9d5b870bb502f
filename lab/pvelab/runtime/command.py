"""Run the machine's own programs; a failure becomes one sentence."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from pvelab.runtime.errors import MachineError

# Output is parsed and shown to people: always the C locale, and administrators' programs on PATH.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


def environment() -> dict[str, str]:
    """The environment every started program gets: ours without proxies of the caller's shell, in the C locale."""
    kept = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    return {**kept, **_ENVIRONMENT}


def run(
    argv: Sequence[str | Path],
    *,
    text: str | None = None,
    check: bool = True,
    timeout_s: float = 120,
    cwd: Path | None = None,
    stdin: IO[bytes] | None = None,
    extra_env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, `text` on its standard input.

    Raises MachineError with the program's last words when it fails, is missing, or takes longer than `timeout_s`.
    """
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            input=text,
            stdin=stdin if stdin is not None else (None if text is not None else subprocess.DEVNULL),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=timeout_s,
            cwd=cwd,
            env={**environment(), **(extra_env or {})},
            start_new_session=True,  # Ctrl-C at the daemon's terminal must not cut a command in half
        )
    except FileNotFoundError as missing:
        raise MachineError(f"program `{words[0]}` is not installed on this machine") from missing
    except subprocess.TimeoutExpired as late:
        raise MachineError(f"`{_short(words)}` did not end within {timeout_s:.0f} s") from late
    if check and done.returncode != 0:
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise MachineError(f"`{_short(words)}` failed ({done.returncode}): {said[-1] if said else 'no message'}")
    return done


def _short(words: Sequence[str]) -> str:
    line = " ".join(words)
    return line if len(line) <= 160 else line[:157] + "..."
