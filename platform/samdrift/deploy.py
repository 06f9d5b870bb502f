"""Deploy the roles on hosts: in the order their services need each other, beside each other where nothing binds them.

One process of `python -m roles` forks one for each host and tells what each operation did; pyinfra's own log of a host
is `logs/deploy-HOST.log`.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from samdrift.handover import HandoverError, HostRecord, read_all
from samdrift.secret import names_in
from samdrift.state import REPOSITORY, State

Say = Callable[[str], None]

PARALLEL = 4
"""Hosts at once. Two a core: half the time of a first deploy a host waits for its packages, not for a processor."""
SILENCE_S = 900.0
"""A host that tells nothing for so long is given up; the longest single operation known is a package installation."""


class DeployError(Exception):
    """Hosts cannot be deployed as asked; one sentence."""


@dataclass(frozen=True)
class HostResult:
    """What a deploy did on one host."""

    name: str
    changed: int = 0
    unchanged: int = 0
    seconds: float = 0.0
    changes: tuple[str, ...] = ()
    """Names of the operations that changed something."""
    error: str | None = None
    """Why the deploy did not finish: the failed operation and its last words, or what it waited for in vain."""
    log: str = ""


@dataclass(frozen=True)
class DeployResult:
    """What a deploy did, host by host in the order they finished."""

    hosts: tuple[HostResult, ...] = field(default=())

    @property
    def changed(self) -> tuple[str, ...]:
        """Hosts on which something was changed."""
        return tuple(host.name for host in self.hosts if host.changed)

    @property
    def failed(self) -> tuple[str, ...]:
        """Hosts whose deploy did not finish."""
        return tuple(host.name for host in self.hosts if host.error)

    @property
    def reasons(self) -> str:
        """Why the failed hosts failed, a line each."""
        return "\n        ".join(f"{host.name}: {host.error}" for host in self.hosts if host.error)

    def as_records(self) -> list[dict[str, Any]]:
        """Plain data for a program that asks."""
        return [asdict(host) for host in self.hosts]


def deploy(hosts: Sequence[str], state_dir: Path, on_progress: Say) -> DeployResult:
    """Deploy the named hosts, all for none.

    Raises: DeployError for an unknown host or host records that cannot be used. A host that fails is a result, and so
    are the hosts that need it: these are left as they are.
    """
    records = _records(state_dir)
    unknown = sorted(set(hosts) - set(records))
    if unknown:
        there = f"there are: {', '.join(records)}" if records else "nothing is up"
        raise DeployError(f"there is no host {', '.join(unknown)}; {there}")
    chosen = {name: record for name, record in records.items() if not hosts or name in hosts}
    # Here and not where a stack comes up: only now it is known what hosts of the hall are told of members.
    for name in names_in([record.roles for record in chosen.values()]):
        State.at(state_dir).secret(name)
    write_ssh_config(state_dir)
    logs = state_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True, mode=0o700)

    open_needs = {name: needs(record, records.values()) & set(chosen) for name, record in chosen.items()}
    results: dict[str, HostResult] = {}
    with Runner(state_dir) as runner:
        while open_needs or runner.running:
            for name in [name for name, needed in open_needs.items() if needed <= set(results)]:
                failed = sorted(one for one in open_needs[name] if results[one].error)
                if failed:
                    results[name] = HostResult(name, error=f"left as it is: {', '.join(failed)} failed, which it needs")
                    on_progress(f"{name}: {results[name].error}")
                elif len(runner.running) < PARALLEL:
                    runner.start(name)
                else:
                    continue
                del open_needs[name]
            for event in runner.events():
                if line := tell(event):
                    on_progress(line)
                if event["event"] == "exit":
                    result = runner.result(event["host"], status=event["status"])
                    results[result.name] = result
                    words = result.error or (f"{result.changed} changes" if result.changed else "no changes")
                    on_progress(f"{result.name}: {words} ({result.seconds} s)")
    return DeployResult(tuple(results.values()))


# role -> roles of the hosts that must stand before: those it joins, fetches a certificate from or makes accounts on.
_AFTER: dict[str, tuple[str, ...]] = {
    "accounts": ("directory",),
    "citizens": ("pki",),
    "database": ("pki",),
    "helpdesk": ("database", "directory", "pki"),
    "mail": ("pki",),
    "directory": ("directory", "pki"),
    "portal": ("directory", "pki"),
    "relay": ("pki",),
    "monitor": ("helpdesk", "pki"),
    "workplace": ("directory",),
}


def needs(record: HostRecord, records: Iterable[HostRecord]) -> set[str]:
    """Return the hosts that must stand before this one can be deployed.

    Packages, names and the engineer's way in come through edge and the member's gateway; of the directory hosts the
    first must stand, which the other joins.
    """
    if "edge" in record.roles:
        return set()
    after = {"edge", *(wanted for role in record.roles for wanted in _AFTER.get(role, ()))}
    needed = set()
    for other in records:
        behind = "gateway" in other.roles and other.member == record.member and "gateway" not in record.roles
        first = bool(other.roles.get("directory", {}).get("first"))
        serves = set(other.roles) if first else set(other.roles) - {"directory"}
        if behind or after & serves:
            needed.add(other.name)
    return needed - {record.name}


def write_ssh_config(state_dir: Path) -> None:
    """Write `ssh/config` of the state folder from the host records that are there now."""
    command = [sys.executable, "-m", "inventories.ssh", str(state_dir)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DeployError(f"the way in cannot be described: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}")


def _records(state_dir: Path) -> dict[str, HostRecord]:
    stacks = Path(os.environ.get("SAMDRIFT_STACKS") or REPOSITORY / "stacks")
    try:
        return {record.name: record for record in read_all(state_dir / "handover", stacks)}
    except HandoverError as error:
        raise DeployError(str(error)) from error


def tell(event: Mapping[str, Any]) -> str | None:
    """Return what a person shall read of the event, if anything."""
    if event["event"] == "operation" and event["result"] == "changed":
        return f"{event['host']}: {event['name']} ({event['seconds']} s)"
    return None


class Runner:
    """The process that deploys hosts, and what it has told of each that runs now."""

    def __init__(self, state_dir: Path) -> None:
        """Start nothing yet."""
        self._state_dir, self._logs = state_dir, state_dir / "logs"
        self._rest = b""
        self.running: dict[str, list[dict[str, Any]]] = {}
        self._started: dict[str, float] = {}
        self._heard: dict[str, float] = {}

    def __enter__(self) -> Runner:
        """Start the process."""
        with (self._logs / "deploy.log").open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "roles", "inventories/platform.py", str(self._logs)],
                cwd=REPOSITORY,
                env={**os.environ, "SAMDRIFT_STATE": str(self._state_dir)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, and with it every deploy that still runs."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def start(self, host: str) -> None:
        """Begin with a host."""
        assert self._process.stdin is not None
        self.running[host] = []
        self._started[host] = self._heard[host] = time.monotonic()
        self._process.stdin.write(f"{host}\n".encode())
        self._process.stdin.flush()

    def events(self) -> Iterator[dict[str, Any]]:
        """Wait for news and yield it; give up a host that has been silent for too long.

        Raises: DeployError when the process itself has ended.
        """
        assert self._process.stdout is not None
        if not self.running:
            return
        if not select.select([self._process.stdout], [], [], SILENCE_S / 10)[0]:
            self._end_silent()
            return
        block = os.read(self._process.stdout.fileno(), 65536)
        if not block:
            last = (self._logs / "deploy.log").read_text().strip().splitlines()[-1:]
            raise DeployError(
                f"the deploys of {', '.join(self.running)} were ended: {' '.join(last) or 'no reason given'}"
            )
        *lines, self._rest = (self._rest + block).split(b"\n")
        for line in lines:
            event: dict[str, Any] = json.loads(line)
            self.running[event["host"]].append(event)
            self._heard[event["host"]] = time.monotonic()
            yield event

    def result(self, host: str, *, status: int) -> HostResult:
        """Forget the host and return what was done on it."""
        seconds = round(time.monotonic() - self._started[host], 1)
        log = self._logs / f"deploy-{host}.log"
        return _result(host, self.running.pop(host), status=status, seconds=seconds, log=log)

    def _end_silent(self) -> None:
        for host, events in self.running.items():
            if time.monotonic() - self._heard[host] > SILENCE_S:
                os.kill(next(event["pid"] for event in events if event["event"] == "started"), signal.SIGKILL)


def _result(name: str, events: list[dict[str, Any]], *, status: int, seconds: float, log: Path) -> HostResult:
    operations = [event for event in events if event["event"] == "operation"]
    changes = tuple(one["name"] for one in operations if one["result"] == "changed")
    error = None
    if failed := [one for one in operations if one["result"] == "failed"]:
        last = [line for line in failed[0]["output"] if line.strip()][-3:]
        error = f"{failed[0]['name']}: {' / '.join(last) or 'no reason given'}"
    elif status != 0 or not any(event["event"] == "end" for event in events):
        last = [line for line in log.read_text().splitlines() if line.strip()][-1:]
        why = "was silent or killed" if status < 0 else "did not finish"
        error = f"the deploy {why} after {len(operations)} operations: {' '.join(last) or 'nothing in its log'}"
    unchanged = sum(one["result"] == "unchanged" for one in operations)
    return HostResult(name, len(changes), unchanged, seconds, changes, error, str(log))
