"""systemd units: enabled, running, and running with the configuration that stands on disk.

pyinfra's own way to a restart is `_if=operation.did_change`. It forgets: a deploy that is killed after a file was
written and before the restart leaves the old configuration running, and the next deploy sees no change. So whoever
writes a file marks the units that read it on the host itself, and the mark goes away with the restart. A mark says
whether a reload does: who is served meanwhile is not sent away then.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation

# In /run: a restarted host runs with what stands on disk anyway.
PENDING = "/run/samdrift/pending"

WATCHED = "/etc/samdrift/watched"
"""What shall run on this host, a file a unit as the monitor reads it: a role that runs something has it watched."""


def mark(unit: str, *, reload: bool = False) -> str:
    """Return the shell words that mark `unit` as running with an old configuration.

    + reload: it takes what is new by a reload; something else may have made a restart necessary before
    """
    place = f"{PENDING}/{shlex.quote(unit)}"
    marked = f"{{ [ -e {place} ] || echo reload > {place}; }}" if reload else f"echo restart > {place}"
    return f"mkdir -p {PENDING} && {marked}"


def watched(unit: str) -> str:
    """Return the path, quoted for a shell, by which the monitor is told of a unit."""
    return shlex.quote(f"{WATCHED}/{unit}.prom")


class UnitState(FactBase):
    """A unit's properties in one remote command: `{"ActiveState": "active", "UnitFileState": "enabled", ...}`.

    `Pending` is what a unit needs that runs with an older configuration; `Watched` is there when the monitor is told of
    it.
    """

    default = dict

    def command(self, unit: str) -> str:
        quoted = shlex.quote(unit)
        shown = f"systemctl show -p LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload {quoted}"
        pending = f"{PENDING}/{quoted}"
        marks = (
            f"if [ -e {pending} ]; then echo Pending=$(cat {pending}); fi",
            f"if [ -e {watched(unit)} ]; then echo Watched=; fi",
        )
        return "; ".join([shown, *marks])

    def process(self, output: list[str]) -> dict[str, str]:
        return dict(line.split("=", 1) for line in output if "=" in line)


@operation()
def running(*, unit: str) -> Iterator[Any]:
    """Make `unit` start at boot, run now, and run with its present configuration."""
    found, quoted = host.get_fact(UnitState, unit=unit), shlex.quote(unit)
    pending = found.get("Pending")
    if pending is not None or found.get("NeedDaemonReload") == "yes":
        yield StringCommand("systemctl daemon-reload")
    if found.get("UnitFileState") not in ("enabled", "static", "alias"):
        yield StringCommand(f"systemctl unmask -q {quoted} && systemctl enable -q {quoted}")
    if pending is not None:
        verb = "reload-or-restart" if pending == "reload" else "restart"
        yield StringCommand(f"{_begun(verb, quoted)} && rm -f {PENDING}/{quoted}")
    elif not _is_up(found):
        yield StringCommand(_begun("start", quoted))
    if "Watched" not in found:
        # Last: what never ran is no failure that the monitor should tell.
        line = shlex.quote(f'samdrift_unit_declared{{name="{unit}"}} 1')
        yield StringCommand(f"mkdir -p {WATCHED} && echo {line} > {watched(unit)}")


def _is_up(found: dict[str, str]) -> bool:
    up = found.get("ActiveState") in ("active", "reloading", "activating")
    return up and found.get("SubState") != "auto-restart"  # it came up and died


def _begun(verb: str, unit: str) -> str:
    """Start it and see it stand: to systemd a simple service is started when its process exists; that may die at once.

    A unit that failed too often in a row (its configuration was missing) may not start until that is forgotten.
    """
    failed = f"{{ journalctl -q -u {unit} -n 15 --no-pager -o cat >&2; exit 1; }}"
    settled = f"case $(systemctl show --value -p Type {unit}) in simple|exec) sleep 1;; esac"
    # Counts what systemd restarted by itself since; empty for what is no service.
    restarts = f"$(systemctl show --value -p NRestarts {unit} | grep -v '^0$')"
    return (
        f"systemctl reset-failed {unit} 2>/dev/null; systemctl {verb} {unit} || {failed}; {settled}; "
        f'systemctl is-active -q {unit} && [ -z "{restarts}" ] || {failed}'
    )


@operation()
def stopped(*, unit: str) -> Iterator[Any]:
    """Make sure that `unit` neither runs nor can be started, not even by another unit."""
    found, quoted = host.get_fact(UnitState, unit=unit), shlex.quote(unit)
    if _is_up(found):
        yield StringCommand(f"systemctl stop {quoted}")
    if "Watched" in found:
        yield StringCommand(f"rm -f {watched(unit)}")
    if found.get("LoadState") != "masked":
        yield StringCommand(f"systemctl mask -q {quoted}")
