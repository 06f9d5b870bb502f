"""Backups now instead of at night: inside the hosts, of whole guests, and the vault's copy."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from samdrift.recovery.host import RecoveryError, records, run
from samdrift.state import State

Say = Callable[[str], None]

PARALLEL = 2
"""Hosts at once: they all write to one store."""
TASK_S = 3600.0
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
    run(state, host, f"systemctl start {unit} || {{ {last}; exit 1; }}", patience=TASK_S)
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


class Hypervisor:
    """The hypervisor's API as the engineer's environment names it."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Take endpoint, token and authority from the variables of `samdrift env`."""
        around = {**os.environ, **variables}
        self._verify = ssl.create_default_context()
        if around.get("SSL_CERT_FILE"):
            self._verify.load_verify_locations(around["SSL_CERT_FILE"])
        self._base = f"{around['PROXMOX_VE_ENDPOINT'].rstrip('/')}/api2/json"
        self._client = self.like(around["PROXMOX_VE_API_TOKEN"])

    def like(self, token: str) -> httpx.Client:
        """A client of the same API with another token."""
        headers = {"Authorization": f"PVEAPIToken={token}"}
        return httpx.Client(base_url=self._base, headers=headers, verify=self._verify, timeout=60, trust_env=False)

    def call(self, method: str, path: str, **parameters: Any) -> Any:
        """Return the answer's data. Raises: RecoveryError."""
        try:
            asks = method == "GET"
            answer = self._client.request(
                method, path, params=parameters if asks else None, data=None if asks else parameters
            )
        except httpx.HTTPError as error:
            raise RecoveryError(f"the hypervisor does not answer: {error}") from error
        if answer.is_error:
            raise RecoveryError(f"{method} {path}: {answer.status_code} {answer.reason_phrase}")
        return answer.json()["data"]

    def finish(self, upid: str) -> None:
        """Wait for a task. Raises: RecoveryError where it ends badly."""
        path, end = f"/nodes/{upid.split(':')[1]}/tasks/{upid}", time.monotonic() + TASK_S
        while (status := self.call("GET", f"{path}/status"))["status"] != "stopped":
            if time.monotonic() > end:
                raise RecoveryError(f"{upid} did not end within {TASK_S:g} s")
            time.sleep(1)
        if status["exitstatus"] != "OK":
            lines = [one["t"] for one in self.call("GET", f"{path}/log") if "ERROR" in one["t"]]
            raise RecoveryError(f"{upid}: {status['exitstatus']}: {'; '.join(lines) or 'see its log'}")


def guests(variables: Mapping[str, str], *, say: Say) -> None:
    """Run every enabled backup job of the hypervisor, node by node. Raises: RecoveryError."""
    api = Hypervisor(variables)
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
