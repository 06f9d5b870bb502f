"""Where one installation keeps what must not lie in the repository: secrets, engine state, handover, logs.

One folder per lab, or per organisation in production; everything in it is readable by its owner only.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samdrift import secret

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_LAB = "lab"
TEST_LAB = "test-"
"""How the names of labs begin that tests make for themselves."""


class StateError(Exception):
    """The state folder cannot serve; the message is one sentence that says what to do."""


def state_home() -> Path:
    """Return the parent of all installations' folders (XDG base directory specification)."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "samdrift"


def cache_home() -> Path:
    """Return the folder of what can be made again (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "samdrift"


@dataclass(frozen=True)
class State:
    """One installation's folder; `name` is the lab's name."""

    name: str
    root: Path

    @classmethod
    def at(cls, root: Path) -> State:
        """Return the installation of a state folder; its lab's name is the one that the lab was started with."""
        place = cls(name=root.name, root=root)
        return cls(name=place.endpoint()["name"], root=root) if place.endpoint_file.exists() else place

    @property
    def handover(self) -> Path:
        """Host records, a file per stack."""
        return self.root / "handover"

    @property
    def logs(self) -> Path:
        """What each verb's tools printed, a file per stack and host."""
        return self.root / "logs"

    @property
    def report(self) -> Path:
        """The last report: HTML, JSON and JUnit."""
        return self.root / "report"

    @property
    def ssh(self) -> Path:
        """The engineer's key pair and the generated `ssh_config`."""
        return self.root / "ssh"

    @property
    def stacks(self) -> Path:
        """The stack files in use: the repository's, unless the installation keeps its own."""
        return Path(os.environ.get("SAMDRIFT_STACKS") or REPOSITORY / "stacks")

    @property
    def endpoint_file(self) -> Path:
        """What `pvelab status --json` said when the lab was started."""
        return self.root / "lab.json"

    def open(self) -> State:
        """Make the folder and its parts where they are missing, with mode 0700; return self."""
        for folder in (self.root, self.handover, self.logs, self.report, self.ssh, self.root / "secrets"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self

    def write(self, path: Path, text: str) -> None:
        """Write a file of mode 0600 whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "w") as stream:
                stream.write(text)
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def secret(self, name: str) -> str:
        """Return the named secret, made at first use as what its name says (`samdrift.secret`)."""
        with self.locked("secrets"):
            return self._secret(name)

    def _secret(self, name: str) -> str:
        path = self.root / "secrets" / name
        if not path.exists():
            self.write(path, secret.make(name, read=self._secret))
        return path.read_text()

    def endpoint(self) -> dict[str, Any]:
        """Return the lab's own description of its endpoint, or raise `StateError` where there is none."""
        if not self.endpoint_file.exists():
            raise StateError(f"no lab is known in {self.root}: run `samdrift lab up` first")
        found: dict[str, Any] = json.loads(self.endpoint_file.read_text())
        return found

    def ssh_key(self, name: str = "id_ed25519") -> Path:
        """Return the engineer's private key of this name, made at first use.

        Where only its public half lies, the private one is kept elsewhere on purpose, and none is made.
        """
        key = self.ssh / name
        with self.locked("ssh"):
            if not key.exists() and not key.with_suffix(".pub").exists():
                subprocess.run(
                    ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"samdrift-{self.name}", "-f", str(key)],
                    check=True,
                )
        return key

    @contextmanager
    def locked(self, what: str) -> Iterator[None]:
        """Hold the named lock of this folder: two verbs at once wait for each other."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.root / f".{what}.lock").open("w") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield


def current() -> State:
    """Return the folder this command works on: `SAMDRIFT_STATE`, else `SAMDRIFT_LAB`'s, else this checkout's lab."""
    name = os.environ.get("SAMDRIFT_LAB")
    if root := os.environ.get("SAMDRIFT_STATE"):
        return State(name=name or Path(root).name, root=Path(root).absolute())
    name = name or lab_of_checkout(REPOSITORY) or next(names_to_take(REPOSITORY))
    return State(name=name, root=state_home() / name)


def names_to_take(checkout: Path) -> Iterator[str]:
    """Yield the names that a lab of this checkout may have: none that another checkout, still there, gave its own."""
    for number in itertools.count(1):
        name = DEFAULT_LAB if number == 1 else f"{DEFAULT_LAB}{number}"
        file = state_home() / name / "checkout"
        owner = Path(file.read_text().strip()) if file.exists() else checkout
        if owner == checkout or not owner.exists():
            yield name


def labs_of_checkout(checkout: Path) -> tuple[str, ...]:
    """Return the names of the labs that this checkout started and did not take down, in order."""
    files = sorted(state_home().glob("*/checkout"))
    return tuple(file.parent.name for file in files if file.read_text().strip() == str(checkout))


def lab_of_checkout(checkout: Path) -> str | None:
    """Return the lab a person started from this checkout, if any; the tests' own lab is never a person's."""
    return next((name for name in labs_of_checkout(checkout) if not name.startswith(TEST_LAB)), None)
