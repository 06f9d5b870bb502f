"""A station: a place from which a check observes. Any command that gives a shell's standard input will do."""

from __future__ import annotations

import contextlib
import itertools
import json
import queue
import shlex
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

from samdrift.compliance.evidence import ProbeTimeout

REMOTE = Path(__file__).with_name("remote")


class StationLost(RuntimeError):
    """The place of observation itself is gone or silent: nothing was observed, so it is never a finding."""


class ProbeError(RuntimeError):
    """The program at the station raised; says which, where."""


@cache
def program() -> bytes:
    """Return the program that is sent to every station."""
    sources = {
        file.stem: file.read_text() for file in sorted(REMOTE.glob("*.py")) if file.stem not in ("__init__", "loop")
    }
    loop = (REMOTE / "loop.py").read_text()
    return f"{loop}\ninstall({sources!r})\nserve()\n".encode()


class Station:
    """A Python program at some place that answers one question at a time."""

    def __init__(self, name: str, command: Sequence[str], *, through_shell: bool = False) -> None:
        """Start it. `through_shell`: the command is an ssh that hands one string to the other side's shell."""
        self.name = name
        bootstrap = f"import sys;exec(compile(sys.stdin.buffer.read({len(program())}),'probe','exec'))"
        inner = ["python3", "-uc", bootstrap]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [*command, shlex.join(inner)] if through_shell else [*command, *inner],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        threading.Thread(target=self._read, daemon=True).start()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # gone already: the first question will say so
            self._process.stdin.write(program())
            self._process.stdin.flush()

    @property
    def pid(self) -> int:
        """Process id on this machine of the command that holds the station."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the command has ended, so that nothing can be asked here any more."""
        return self._process.poll() is not None

    def ask(self, call: str, *, patience: float = 60.0, **arguments: Any) -> Any:
        """Call `module.function` at the station and return its answer.

        Raises StationLost after `patience` seconds or when the station is gone, ProbeTimeout if what it asked stayed
        silent, ProbeError if the call raised anything else.
        """
        with self._lock:
            number = next(self._numbers)
            self._write({"number": number, "call": call, "arguments": arguments}, patience=patience)
            answer = self._answer(number, call=call, deadline=time.monotonic() + patience)
        if answer.get("error") == "TimeoutError":
            raise ProbeTimeout(f"{self.name}: {answer['sentence']}")
        if "error" in answer:
            raise ProbeError(f"{self.name}: {call}: {answer['error']}: {answer['sentence']}")
        return answer["answer"]

    def _write(self, request: dict[str, Any], *, patience: float) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise StationLost(f"{self.name} went away before {request['call']} {self._last_words()}") from error

    def _answer(self, number: int, *, call: str, deadline: float) -> dict[str, Any]:
        """Wait for the answer of this number; a late answer to an earlier question is not taken for it."""
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty as error:
                raise StationLost(f"{self.name} did not answer {call} in time {self._last_words()}") from error
            if not line:
                self._lines.put(b"")
                raise StationLost(f"{self.name} went away during {call} {self._last_words()}")
            answer: dict[str, Any] = json.loads(line)
            if answer["number"] == number:
                return answer

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(b"")

    def _last_words(self) -> str:
        self._errors.seek(0)
        words = self._errors.read().decode(errors="replace").strip().splitlines()
        return f"({words[-1]})" if words else ""

    def close(self) -> None:
        """End the program; what it opened is closed with it."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(timeout=3)
        except (subprocess.TimeoutExpired, OSError):
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def __enter__(self) -> Station:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
