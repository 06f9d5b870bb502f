"""How a process is ended early: it still undoes what it has made, and so does what it has started."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


def undo_when_ended() -> None:
    """Let SIGTERM end this process as Ctrl-C does: by KeyboardInterrupt, which everything that is open is left with.

    Once: Ctrl-C comes from the terminal and, as SIGTERM, from whoever started the process; a second end would cut the
    undoing short.
    """
    # Also where SIGINT is ignored, as what is started in the background inherits it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)


def _leave(*_: object) -> None:
    signal.signal(signal.SIGTERM, _stay)
    raise KeyboardInterrupt


def _stay(*_: object) -> None:
    """Go on undoing; what is started meanwhile would inherit SIG_IGN, and could not be ended."""


@contextmanager
def ended_with(*processes: subprocess.Popen[Any]) -> Iterator[None]:
    """End the processes too when what is done meanwhile ends early, and wait until each has undone what it made."""
    try:
        yield
    except BaseException:
        for process in processes:
            process.terminate()
        for process in processes:
            process.communicate()
        raise


def run(command: Sequence[str], *, timeout: float | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command that undoes what it made when it is ended, and return what it printed; `options` are of Popen.

    subprocess.run kills what it gives up. Raises: subprocess.TimeoutExpired after `timeout` seconds.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, **options) as process, ended_with(process):
        out, err = process.communicate(timeout=timeout)
    return subprocess.CompletedProcess(command, process.returncode, out, err)
