"""What labs that ended without notice left on the machine: found by the labs' own marks only, and cleared.

A lab that a process has open is never touched. Nor is one that ended but can be adopted: its guests run, and both its
state and its checkout still exist.
"""

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pvelab.runtime import packages, record
from pvelab.runtime.cgroup import Cgroups
from pvelab.runtime.command import run
from pvelab.runtime.errors import MachineError
from pvelab.runtime.model import Log
from pvelab.runtime.namespace import Namespace
from pvelab.runtime.place import RUN


@dataclass(frozen=True)
class Leftover:
    """One thing a lab left. `kind`: process, mount, loop, cgroup, namespace, folder, proxy."""

    lab: str
    kind: str
    what: str


def find(name: str | None = None) -> list[Leftover]:
    """What is left of one lab, or of all."""
    names = record.known_labs() if name is None else {name}
    found = [item for lab in sorted(names) if not record.is_alive(lab) and not is_adoptable(lab) for item in _of(lab)]
    if name is None:
        found += [Leftover(lab="", kind="proxy", what=str(pid)) for pid in packages.orphans()]
    return found


def is_adoptable(name: str) -> bool:
    """Whether a daemon could open the lab again and find its guests running."""
    known = record.read(name)
    if known is None or not Path(known.state).is_dir() or not Path(known.checkout).is_dir():
        return False
    return bool(Cgroups(name).monitors())


def clear(name: str | None = None, log: Log = print) -> list[Leftover]:
    """Clear what `find` finds; returns it. Guests' disks in a state folder stay: they are no leftover of the machine.

    Raises MachineError when something stays after all.
    """
    found = find(name)
    for lab in sorted({item.lab for item in found if item.lab}):
        remove_all(lab, log)
    for item in found:
        if item.kind == "proxy":
            packages.end(int(item.what))
            log(f"ended package proxy, process {item.what}")
    if left := find(name):
        raise MachineError(f"cannot clear {', '.join(f'{item.kind} {item.what}' for item in left)}")
    return found


def remove_all(name: str, log: Log) -> None:
    """Take everything of a lab off the machine: processes first, then what they held."""
    items = list(_of(name))
    for item in items:
        log(f"clearing {item.kind} {item.what} of lab '{name}'")
    cgroups, namespace = Cgroups(name), Namespace(name)
    deadline = time.monotonic() + 20
    while processes := _processes(name):
        if time.monotonic() > deadline:
            raise MachineError(f"processes {sorted(processes)} of lab '{name}' survive SIGKILL")
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    for item in items:
        if item.kind == "mount":
            run(["umount", "-l", item.what], check=False)
    for item in _loops(name):
        run(["losetup", "--detach", item.what], check=False)
    cgroups.remove()
    namespace.remove()
    shutil.rmtree(RUN / name, ignore_errors=True)
    with contextlib.suppress(OSError):
        RUN.rmdir()


def _of(name: str) -> Iterator[Leftover]:
    for pid in sorted(_processes(name)):
        yield Leftover(lab=name, kind="process", what=str(pid))
    for mount in _mounts(name):
        yield Leftover(lab=name, kind="mount", what=mount)
    yield from _loops(name)
    for group in Cgroups(name).groups():
        yield Leftover(lab=name, kind="cgroup", what=str(group))
    if Namespace(name).path.exists():
        yield Leftover(lab=name, kind="namespace", what=str(Namespace(name).path))
    if (RUN / name).exists():
        yield Leftover(lab=name, kind="folder", what=str(RUN / name))


def _processes(name: str) -> set[int]:
    found = Cgroups(name).processes()
    namespace = Namespace(name)
    if namespace.is_alive():
        inode = namespace.path.stat().st_ino
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (process / "ns/net").stat().st_ino == inode:
                    found.add(int(process.name))
    return found - {os.getpid()}


def _mounts(name: str) -> list[str]:
    known = record.read(name)
    roots = [f"{RUN / name}/"] + ([f"{known.state}/"] if known else [])
    mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [mount for mount in reversed(mounted) if any(mount.startswith(root) for root in roots)]


def _loops(name: str) -> Iterator[Leftover]:
    known = record.read(name)
    if known is None:
        return
    for line in run(["losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE"]).stdout.splitlines():
        device, _, file = line.strip().partition(" ")
        if file.strip().startswith(f"{known.state}/guests/"):
            yield Leftover(lab=name, kind="loop", what=device)
