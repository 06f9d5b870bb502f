"""The way to a host's SSH port as a socket, for pyinfra's connector.

paramiko has ProxyCommand of its own, but under gevent, which pyinfra needs, it takes a short write to a full pipe for a
whole one: every file above 64 KiB breaks the connection. A pair of sockets has no such fault, and notices a dead far
end at once.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Sequence
from typing import Any


class Way:
    """A socket whose far end is a program's standard input and output; opened at the first use, anew after `close`."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start nothing yet: an inventory is also read by who connects to none of its hosts."""
        self._command = list(command)
        self._near: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __getattr__(self, name: str) -> Any:
        """Everything but `close` is the socket's own."""
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._opened(), name)

    def __copy__(self) -> Way:
        """Itself: pyinfra copies host data whenever it looks at them."""
        return self

    def close(self) -> None:
        """End the program and forget the socket."""
        near, process = self._near, self._process
        self._near = self._process = None
        if near is not None:
            near.close()
        if process is not None:
            process.terminate()
            process.wait()

    @property
    def _closed(self) -> bool:
        """Whether there is no socket now: paramiko asks at its end, and asking must not open one."""
        return self._near is None

    def to_json(self) -> str:
        """The command, for `pyinfra ... debug-inventory`."""
        return " ".join(self._command)

    def _opened(self) -> socket.socket:
        if self._near is None:
            self._near, far = socket.socketpair()
            with far:
                self._process = subprocess.Popen(self._command, stdin=far.fileno(), stdout=far.fileno())
        return self._near
