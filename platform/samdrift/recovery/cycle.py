"""Backups now instead of at night: inside the hosts, of whole guests, and the vault's copy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from samdrift.hypervisor import TASK_S, Hypervisor, HypervisorError
from samdrift.recovery.host import RecoveryError, records, run
from samdrift.state import State

Say = Callable[[str], None]

PARALLEL = 2
"""Hosts at once: they all write to one store."""
_JOB = ("storage", "mode", "compress", "prune-backups")
"""What a job hands on when it is run by hand, as Proxmox VE's own "Run now" does."""


def hosts(state: State, *, names: Iterable[str] = (), say: Say) -> None:
    """Run the backup of each host that has one. Raises: RecoveryError naming those that failed, after all had a try."""
    wanted = set(names)
    found = [
        one["name"] for one in records(state) if "backup" in one["roles"] and (not wanted or one["name"] in wanted)
    ]
    _each(found, lambda host: _service(state, host, "samdrift-backup.service", say=say))


def vault(state: State, *, say: Say) -> None:
    """Let the vault fetch now. Raises: RecoveryError when it holds something, or could not fetch."""
    found = [one["name"] for one in records(state) if "vault" in one["roles"]]
    _each(found, lambda host: _service(state, host, "samdrift-vault.service", say=say))


def _service(state: State, host: str, unit: str, *, say: Say) -> None:
    began = time.monotonic()
    # What this run's own processes said, errors first; systemd's "Failed to start" would be last, and says nothing.
    said = f"journalctl -q --no-pager -o cat _SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID {unit})"
    last = f"({said} -p err -n 3 | grep . || {said} -n 3) >&2"
    # Who only starts a unit while it runs gets the end of that run, which began before what is to be kept was there.
    anew = f"systemctl is-active {unit} | grep -q activating && systemctl start {unit}; systemctl start {unit}"
    run(state, host, f"{anew} || {{ {last}; exit 1; }}", patience=TASK_S)
    say(f"{host}: {unit.removesuffix('.service')} ({time.monotonic() - began:.0f} s)")


def _each(names: Iterable[str], work: Callable[[str], None]) -> None:
    failed = []

    def one(name: str) -> None:
        try:
            work(name)
        except RecoveryError as error:
            failed.append(str(error))

    with ThreadPoolExecutor(PARALLEL) as together:
        list(together.map(one, names))
    if failed:
        raise RecoveryError("; ".join(failed))


def guests(variables: Mapping[str, str], *, say: Say) -> None:
    """Run every enabled backup job of the hypervisor, node by node. Raises: RecoveryError."""
    try:
        _guests(Hypervisor.named(variables), say=say)
    except HypervisorError as error:
        raise RecoveryError(str(error)) from error


def _guests(api: Hypervisor, *, say: Say) -> None:
    running = api.call("GET", "/cluster/resources", type="vm")
    for job in api.call("GET", "/cluster/backup"):
        if not job.get("enabled", 1):
            continue
        covered = {
            child["id"] for child in api.call("GET", f"/cluster/backup/{job['id']}/included_volumes")["children"]
        }
        for node in sorted({one["node"] for one in running if one["vmid"] in covered}):
            here = [str(one["vmid"]) for one in running if one["vmid"] in covered and one["node"] == node]
            began = time.monotonic()
            settings = {key: job[key] for key in _JOB if key in job}
            api.finish(api.call("POST", f"/nodes/{node}/vzdump", vmid=",".join(here), **settings))
            say(f"{job['id']} on {node}: {len(here)} guests ({time.monotonic() - began:.0f} s)")
