"""Which labs this machine has, which of them live, and whose they are.

A living lab holds a lock on a file in its run folder: the kernel lets go of it however the process ends.
"""

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from pvelab.runtime.errors import MachineError
from pvelab.runtime.place import RUN

_OWNERS: dict[str, IO[str]] = {}
_CLAIM_S = 1.0


@dataclass(frozen=True)
class LabRecord:
    """Who opened a lab last."""

    name: str
    pid: int
    state: str
    cache: str
    checkout: str
    """Folder of the program's source: a lab whose checkout is gone has nobody who would adopt it."""


def known_labs() -> set[str]:
    """Names of labs that have a run folder, a namespace or control groups on this machine."""
    names = {path.name for path in RUN.glob("*") if path.is_dir() and not path.name.startswith(".")}
    names |= {path.name.removeprefix("pvelab-") for path in Path("/run/netns").glob("pvelab-*")}
    tops = [*Path("/sys/fs/cgroup").glob("*/pvelab/*/"), *Path("/sys/fs/cgroup").glob("pvelab/*/")]
    return names | {path.name for path in tops if path.is_dir()}


def read(name: str) -> LabRecord | None:
    """The lab's record; None when it has none that can be read."""
    try:
        return LabRecord(**json.loads((RUN / name / "lab.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def is_alive(name: str) -> bool:
    """Whether a process has the lab open now."""
    if is_ours(name):
        return True
    try:
        with (RUN / name / "lock").open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def is_ours(name: str) -> bool:
    """Whether this process has the lab open."""
    return name in _OWNERS


def claim(name: str, *, state: Path, cache: Path) -> None:
    """Hold the lab until `release` or the end of this process. Raises MachineError when another process holds it."""
    folder = RUN / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    handle = (folder / "lock").open("a")
    deadline = time.monotonic() + _CLAIM_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError as held:  # by a living lab, or for a moment by `is_alive`
            if time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            handle.close()
            other = read(name)
            who = f" (process {other.pid}, checkout {other.checkout}, state {other.state})" if other else ""
            raise MachineError(f"lab '{name}' is already open{who}: stop it or choose another name") from held
    _OWNERS[name] = handle
    checkout = Path(__file__).resolve().parents[3]
    record = LabRecord(name=name, pid=os.getpid(), state=str(state), cache=str(cache), checkout=str(checkout))
    (folder / "lab.json").write_text(json.dumps(asdict(record)))


def release(name: str) -> None:
    """Let go of the lab."""
    if handle := _OWNERS.pop(name, None):
        handle.close()
