"""A client of Proxmox VE's API: one call, and the end of what a call began."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Mapping
from typing import Any

import httpx

TASK_S = 3600.0
"""Seconds that a task may take: the image of a large guest is made in one."""


class HypervisorError(Exception):
    """The hypervisor did not answer, refused, or could not do what it began; one sentence."""


class Hypervisor:
    """The API of one endpoint, with one token."""

    def __init__(self, endpoint: str, token: str, *, verify: ssl.SSLContext) -> None:
        """Send the token to whom `verify` trusts only; no proxy of the environment's stands between."""
        self._verify = verify
        self._base = f"{endpoint.rstrip('/')}/api2/json"
        self._client = self.like(token)

    @classmethod
    def named(cls, variables: Mapping[str, str]) -> Hypervisor:
        """Return the one that the variables of `samdrift env` name; what they lack is taken from the environment."""
        around = {**os.environ, **variables}
        endpoint, token = around["PROXMOX_VE_ENDPOINT"], around["PROXMOX_VE_API_TOKEN"]
        verify = ssl.create_default_context()
        if around.get("SSL_CERT_FILE"):
            verify.load_verify_locations(around["SSL_CERT_FILE"])
        return cls(endpoint, token, verify=verify)

    def like(self, token: str) -> httpx.Client:
        """Return a plain client of the same API with another token."""
        headers = {"Authorization": f"PVEAPIToken={token}"}
        return httpx.Client(base_url=self._base, headers=headers, verify=self._verify, timeout=60, trust_env=False)

    def call(self, method: str, path: str, /, **parameters: Any) -> Any:
        """Return the answer's `data`. Raises: HypervisorError."""
        asks = method in ("GET", "DELETE")
        try:
            answer = self._client.request(
                method, path, params=parameters if asks else None, data=None if asks else parameters
            )
        except httpx.HTTPError as error:
            raise HypervisorError(f"the hypervisor does not answer: {error}") from error
        if answer.is_error:
            raise HypervisorError(f"{method} {path}: {answer.status_code} {answer.reason_phrase}")
        return answer.json()["data"]

    def finish(self, upid: object, *, patience: float = TASK_S) -> None:
        """Wait for a task (`UPID:...`); what is none is over already. Raises: HypervisorError where it ends badly."""
        if not str(upid).startswith("UPID:"):
            return
        path, end = f"/nodes/{str(upid).split(':')[1]}/tasks/{upid}", time.monotonic() + patience
        while (status := self.call("GET", f"{path}/status"))["status"] != "stopped":
            if time.monotonic() > end:
                raise HypervisorError(f"{upid} did not end within {patience:g} s")
            time.sleep(0.3)
        if status["exitstatus"] != "OK":
            lines = [one["t"] for one in self.call("GET", f"{path}/log") if "ERROR" in one["t"]]
            raise HypervisorError(f"{upid}: {status['exitstatus']}: {'; '.join(lines) or 'see its log'}")
