"""Tasks: long work in a thread, with a UPID, a log file and an outcome that survive the daemon."""

import itertools
import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pvelab.api.errors import ApiError
from pvelab.runtime.errors import MachineError
from pvelab.store import Store

Log = Callable[[str], None]
Work = Callable[[Log], None]
_UPID = re.compile(
    r"UPID:(?P<node>[A-Za-z0-9-]+):(?P<pid>[0-9A-F]{8}):(?P<pstart>[0-9A-F]{8,9}):(?P<starttime>[0-9A-F]{8})"
    r":(?P<type>[^:\s]+):(?P<id>[^:\s]*):(?P<user>[^:\s]+):"
)
_KEPT = 1000
INTERRUPTED = "interrupted by the end of the lab daemon"


class TaskError(Exception):
    """The work failed; the text becomes the task's exit status."""


class _Cancelled(Exception):
    pass


@dataclass(frozen=True)
class Upid:
    """The parts of a task's id."""

    node: str
    pid: int
    starttime: int
    type: str
    id: str
    user: str


def parse_upid(text: str) -> Upid:
    """The parts of a UPID; ValueError with Proxmox VE's words."""
    found = _UPID.fullmatch(text)
    if not found:
        raise ValueError(f"unable to parse worker upid '{text}'")
    return Upid(
        node=found["node"],
        pid=int(found["pid"], 16),
        starttime=int(found["starttime"], 16),
        type=found["type"],
        id=found["id"],
        user=found["user"],
    )


class TaskRunner:
    """Starts tasks and knows all there were. Records live in the store, logs beside it."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._number = itertools.count(1)
        self._threads: dict[str, threading.Thread] = {}
        self._cancelled: set[str] = set()

    def recover(self) -> list[str]:
        """End the tasks that an earlier daemon left running (their UPIDs), and forget the oldest of very many."""
        lost = []
        with self._store.transaction():
            for upid, record in self._store.items("task").items():
                if record["endtime"] is None:
                    self._write(upid, f"TASK ERROR: {INTERRUPTED}")
                    self._store.put("task", upid, {**record, "endtime": int(time.time()), "exitstatus": INTERRUPTED})
                    lost.append(upid)
            by_age = sorted(self._store.items("task").items(), key=lambda item: item[1]["starttime"])
            for upid, _ in by_age[:-_KEPT]:
                self._log_file(upid).unlink(missing_ok=True)
                self._store.delete("task", upid)
        return lost

    def prepare(self, *, node: str, kind: str, subject: str, user: str, work: Work) -> tuple[str, Callable[[], None]]:
        """Write down a task; its UPID, and what starts it once the record is durable."""
        now = int(time.time())
        start = (time.monotonic_ns() // 10_000_000 + next(self._number)) & 0xFFFFFFFF
        subject = re.sub(r"[:\s]", "_", subject)  # they part a UPID's fields
        upid = f"UPID:{node}:{os.getpid():08X}:{start:08X}:{now:08X}:{kind}:{subject}:{user}:"
        self._store.put("task", upid, {"node": node, "starttime": now, "endtime": None, "exitstatus": None})
        thread = threading.Thread(target=self._run, args=(upid, work), name=f"{kind} {subject}", daemon=True)

        def begin() -> None:
            self._threads[upid] = thread
            thread.start()

        return upid, begin

    def start(self, *, node: str, kind: str, subject: str, user: str, work: Work) -> str:
        """Write down and start at once."""
        upid, begin = self.prepare(node=node, kind=kind, subject=subject, user=user, work=work)
        begin()
        return upid

    def _run(self, upid: str, work: Work) -> None:
        def log(line: str) -> None:
            if upid in self._cancelled:
                raise _Cancelled
            self._write(upid, line)

        exitstatus = "OK"
        try:
            work(log)
            self._write(upid, "TASK OK")
        except _Cancelled:
            exitstatus = "received interrupt"
            self._write(upid, f"TASK ERROR: {exitstatus}")
        except (ApiError, MachineError, TaskError, OSError) as error:
            exitstatus = " ".join(str(error).split())
            self._write(upid, f"TASK ERROR: {exitstatus}")
        except BaseException as error:
            exitstatus = f"lab fault: {type(error).__name__}: {' '.join(str(error).split())}"
            self._write(upid, f"TASK ERROR: {exitstatus}")
            raise
        finally:
            record = self._store.get("task", upid) or {}
            self._store.put("task", upid, {**record, "endtime": int(time.time()), "exitstatus": exitstatus})
            self._threads.pop(upid, None)
            self._cancelled.discard(upid)

    def cancel(self, upid: str) -> None:
        """Stop a task at its next line of log."""
        if upid in self._threads:
            self._cancelled.add(upid)

    def wait(self, upid: str, timeout_s: float = 60) -> None:
        """Block until the task has ended, or the time is over."""
        thread = self._threads.get(upid)
        if thread is not None and thread.ident is not None:
            thread.join(timeout_s)

    def active(self) -> list[str]:
        """The tasks that run now."""
        return list(self._threads)

    def log_lines(self, upid: str) -> list[str]:
        """The whole log."""
        file = self._log_file(upid)
        return file.read_text().splitlines() if file.exists() else []

    def describe(self, upid: str, record: dict[str, Any]) -> dict[str, Any]:
        """A task as the lists of the API show it."""
        parts = parse_upid(upid)
        shown: dict[str, Any] = {
            "upid": upid,
            "node": parts.node,
            "pid": parts.pid,
            "pstart": int(upid.split(":")[3], 16),
            "starttime": record["starttime"],
            "type": parts.type,
            "id": parts.id,
            "user": parts.user.partition("!")[0],
        }
        if "!" in parts.user:
            shown["tokenid"] = parts.user.partition("!")[2]
        if record["endtime"] is not None:
            shown |= {"endtime": record["endtime"], "status": record["exitstatus"]}
        return shown

    def _log_file(self, upid: str) -> Path:
        return self._folder / f"{upid.rstrip(':').replace('/', '_')}.log"

    def _write(self, upid: str, line: str) -> None:
        with self._log_file(upid).open("a") as out:
            out.write(line.rstrip("\n") + "\n")
