"""Run `go` with progress: which Go there is, and one call of it at a time."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from samdrift.toolchain import pins
from samdrift.toolchain.error import ToolchainError

EVERY = 5.0  # seconds between two lines of progress
LAST_WORDS = 5  # lines of a failed build that are worth showing


def check() -> None:
    """Raise ToolchainError with one sentence unless a Go that can build both parts is installed."""
    needed = pins.go_needed()
    advice = f"install Go {needed} or newer and put `go` on PATH, or install pulumi {pins.engine().version} or newer"
    if shutil.which("go") is None:
        raise ToolchainError(f"Neither `pulumi` nor `go` is installed: {advice}.")
    found = version()
    if pins.numbers(found) < pins.numbers(needed):
        raise ToolchainError(f"The installed Go is too old ({found}) to build Pulumi's engine and provider: {advice}.")


def version() -> str:
    """Return the version of the `go` on PATH; its own, not that of a newer one it might fetch."""
    answer = subprocess.run(
        ["go", "env", "GOVERSION"],
        env={**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"},
        cwd="/",  # outside any module: inside, an old Go only says that it is too old
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip().removeprefix("go") or "unknown"


class Run:
    """Runs `go` for one part; counts what it downloads and compiles, and says so every few seconds."""

    def __init__(self, part: str, *, log: Path, progress: Callable[[str], None]) -> None:
        check()
        self.part = part
        self.log = log
        self.progress = progress
        self.started = time.monotonic()
        self.fetched = 0
        self.compiled = 0
        self.words: list[str] = []
        log.write_text("")

    def __call__(self, *arguments: str, folder: Path) -> None:
        """Run `go` in `folder`; raise ToolchainError with its last words if it fails."""
        self.program(["go", *arguments], folder=folder)

    def program(self, command: Sequence[str], *, folder: Path) -> None:
        """Run any program of the build in `folder`."""
        process = subprocess.Popen(
            command,
            cwd=folder,
            # Without cgo no C compiler is needed, and the result runs on any Linux of its kind.
            env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            close_fds=False,  # the one inheritable file is the part's lock
            text=True,
        )
        reader = threading.Thread(target=self.read, args=[process], daemon=True)
        reader.start()
        try:
            while reader.is_alive():
                reader.join(EVERY)
                self.progress(self.line())
            self.progress(self.line())  # what it came to: a short run may be over before the first look
        finally:
            if process.poll() is None and reader.is_alive():
                process.terminate()
            process.wait()
        if process.returncode != 0:
            words = " | ".join(self.words[-LAST_WORDS:])
            raise ToolchainError(f"Building the {self.part} failed, the whole log is {self.log}: {words}")

    def read(self, process: "subprocess.Popen[str]") -> None:
        """Count the lines of one run; `go build -v` prints a line for each package it compiles."""
        assert process.stdout is not None
        with self.log.open("a") as log:
            for line in process.stdout:
                log.write(line)
                self.words = [*self.words[-LAST_WORDS:], line.strip()]
                if line.startswith("go: downloading"):
                    self.fetched += 1
                elif " " not in line.strip():
                    self.compiled += 1

    def line(self) -> str:
        """Return `engine: 310 modules fetched, 412 packages compiled, 2 min 10 s`."""
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        fetched = f"{self.fetched} modules fetched, " if self.fetched else ""
        return f"{self.part}: {fetched}{self.compiled} packages compiled, {minutes} min {seconds:02} s"
