"""Where labs keep their state, and what a running one tells about itself."""

import fcntl
import json
import os
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

DEFAULT_NAME = "lab"
FIRST_PORT = 8006
_LAST_PORT = 8105
_CLAIM_S = 1.0


def _home(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / default) / "pvelab"


def cache_home() -> Path:
    """Templates and packages, shared by all labs of the user."""
    return _home("XDG_CACHE_HOME", ".cache")


def state_home() -> Path:
    """One folder per lab."""
    return _home("XDG_STATE_HOME", ".local/state")


@dataclass(frozen=True)
class LabPlace:
    """The files of one lab that the daemon and the command line share."""

    name: str

    @property
    def state(self) -> Path:
        """The lab's own folder."""
        return state_home() / self.name

    @property
    def record_file(self) -> Path:
        """What the daemon wrote about itself when it started."""
        return self.state / "daemon.json"

    @property
    def log_file(self) -> Path:
        """The daemon's log."""
        return self.state / "pvelab.log"

    @property
    def token_file(self) -> Path:
        """`root@pam!lab=<value>`, all privileges; readable by the owner only."""
        return self.state / "token"

    @property
    def password_file(self) -> Path:
        """Password of root@pam."""
        return self.state / "password"

    @property
    def instance_file(self) -> Path:
        """The id that every answer of this lab carries, to prove which lab answers."""
        return self.state / "instance"

    def record(self) -> dict[str, Any] | None:
        """What the last daemon wrote; None: there was none."""
        try:
            found: dict[str, Any] = json.loads(self.record_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return found

    def lock(self) -> IO[str] | None:
        """The right to be the lab's daemon, held as long as the file is open; None: another process has it.

        Who only asks whether it is held disturbs for a moment: it is tried for a while.
        """
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = self._lock_file.open("a+")
        pause, deadline = threading.Event(), time.monotonic() + _CLAIM_S
        while not _try_lock(handle, fcntl.LOCK_EX):
            if time.monotonic() >= deadline:
                handle.close()
                return None
            pause.wait(0.05)
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        return handle

    def is_alive(self) -> bool:
        """Whether a daemon of this lab runs, from the first moment of its start on."""
        try:
            with self._lock_file.open() as handle:
                return not _try_lock(handle, fcntl.LOCK_SH)
        except FileNotFoundError:
            return False

    def daemon_pid(self) -> int | None:
        """The process that holds the lab now; None: none does, or it has only just begun."""
        if not self.is_alive():
            return None
        text = self._lock_file.read_text().strip()
        return int(text) if text else None

    @property
    def _lock_file(self) -> Path:
        return self.state / "lock"


def _try_lock(handle: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def secret_file(file: Path, value: str) -> str:
    """The file's content; written once, with mode 0600."""
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(value + "\n")
    return file.read_text().strip()


def listener(wanted: int | None, remembered: int | None) -> socket.socket:
    """A socket on 127.0.0.1: the port asked for, the one of the last time, or the first free one from 8006 on."""
    candidates = [wanted] if wanted else [*([remembered] if remembered else []), *range(FIRST_PORT, _LAST_PORT)]
    for port in candidates:
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind(("127.0.0.1", port))
            # Two daemons that start at once may both have bound: only one can listen.
            made.listen(128)
        except OSError:
            made.close()
            continue
        return made
    raise OSError(f"no free port on 127.0.0.1 among {candidates[0]}..{candidates[-1]}")
