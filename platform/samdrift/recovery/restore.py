"""What is kept, the archives there are of it, and bringing something back: from the store, or from the vault's copy."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from samdrift.recovery.host import RecoveryError, carry, records, run
from samdrift.state import State

_DECLARED = "cat /etc/samdrift/backup.d/*.yaml 2>/dev/null; true"
_LAST = "cat /var/lib/samdrift/backup/*.json 2>/dev/null; true"


@dataclass(frozen=True)
class Kept:
    """A system, or one member's part of it, on one host: one repository."""

    host: str
    system: str
    member: str | None
    last: dict[str, Any] | None = field(hash=False)
    """What became of the last run: `ok`, `error`, `archive`, `succeeded`, ...; None before the first."""

    @property
    def repository(self) -> str:
        """Name of the repository."""
        return f"{self.system}-{self.member}" if self.member else self.system


def kept(state: State) -> tuple[Kept, ...]:
    """Everything that the hosts say is kept. Raises: RecoveryError where a host cannot be asked."""
    found, silent = asked(state)
    if silent:
        raise RecoveryError("; ".join(silent))
    return found


def asked(state: State) -> tuple[tuple[Kept, ...], tuple[str, ...]]:
    """Everything that the hosts say is kept, and a sentence for each host that cannot be asked."""
    hosts = [one["name"] for one in records(state) if "backup" in one["roles"]]
    silent: list[str] = []

    def ask(host: str) -> list[Kept]:
        try:
            return _kept_on(state, host)
        except RecoveryError as error:
            silent.append(str(error))
            return []

    with ThreadPoolExecutor(4) as together:
        found = tuple(one for each in together.map(ask, hosts) for one in each)
    return found, tuple(silent)


def _kept_on(state: State, host: str) -> list[Kept]:
    declared, last = run(state, host, f"{_DECLARED}; echo; echo ===; {_LAST}", patience=60).split("===\n")
    results = {one["repository"]: one for one in _objects(last)}
    found = [Kept(host, one["system"], one["member"], None) for one in _objects(declared)]
    return [Kept(one.host, one.system, one.member, results.get(one.repository)) for one in found]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects that stand one after the other in a text."""
    decoder, text = json.JSONDecoder(), text.strip()
    while text:
        found, end = decoder.raw_decode(text)
        yield found
        text = text[end:].lstrip()


def choose(everything: Sequence[Kept], system: str, member: str | None) -> Kept:
    """The one that is meant. Of several hosts that hold the same, the first whose last backup was good.

    Raises: RecoveryError with what could have been meant.
    """
    of_system = [one for one in everything if one.system == system]
    if not of_system:
        there = ", ".join(sorted({one.system for one in everything})) or "nothing yet"
        raise RecoveryError(f"no system {system!r} is kept; there is: {there}")
    found = [one for one in of_system if one.member == member]
    if not found:
        members = ", ".join(sorted(one.member for one in of_system if one.member))
        wanted = f"--member is one of: {members}" if members else "it is kept as a whole, without --member"
        raise RecoveryError(f"{system}: {wanted}")
    return sorted(found, key=lambda one: not (one.last or {}).get("ok"))[0]


@contextmanager
def source(state: State, one: Kept, *, vault: bool, at: datetime | None = None) -> Iterator[str]:
    """Give the words by which the host reads: none for the store, or a folder with the vault's copy while it lasts.

    Of the vault's snapshots it is the last one, or the first one after `at`: what was there then is in it for sure.
    """
    if not vault:
        yield ""
        return
    after = f"--after {at.astimezone(UTC):%Y-%m-%dT%H%M%SZ}" if at else ""
    folder = run(state, one.host, "mktemp -d /var/lib/samdrift/vault-copy.XXXXXX").strip()
    try:
        carry(
            state,
            source=("vault", f"samdrift-vault give {one.host}/{one.repository} {after}"),
            target=(one.host, f"tar -C {folder} --no-same-owner -xf -"),
        )
        yield f"--from {folder}"
    finally:
        run(state, one.host, f"rm -rf {folder}")


def archives(state: State, one: Kept, *, vault: bool = False) -> list[dict[str, Any]]:
    """The archives there are, oldest first: `archive`, `at`, `files`, `bytes`, read from the store itself."""
    with source(state, one, vault=vault) as words:
        found: list[dict[str, Any]] = json.loads(run(state, one.host, f"samdrift-backup list {one.repository} {words}"))
    return found


def restore(
    state: State, one: Kept, what: Sequence[str], *, at: str | None, to: str | None, vault: bool = False
) -> dict[str, Any]:
    """Bring something back: `what` names files by their path, anything else as the system's own restore knows it.

    Raises: RecoveryError; what stands there now is never overwritten.
    """
    try:
        moment = datetime.fromisoformat(at).astimezone() if at else None
    except ValueError:
        raise RecoveryError(f"{at!r} is no time: 2026-03-01 12:00 is one") from None
    options = [*(["--at", moment.isoformat()] if moment else []), *(["--to", to] if to else [])]
    with source(state, one, vault=vault, at=moment) as words:
        line = f"samdrift-backup restore {one.repository} {shlex.join([*what, *options])} {words}"
        answer: dict[str, Any] = json.loads(run(state, one.host, line, patience=3600))
    return {"host": one.host, **answer}
