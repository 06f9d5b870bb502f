"""Tasks of the hypervisor, which answers before they are done."""

from __future__ import annotations

import time
from typing import Any

from samdrift.compliance.target import Target

TASK = 120.0
"""Seconds that a task of the hypervisor may take."""


def finish(target: Target, upid: Any) -> None:
    """Wait for a task of the hypervisor; OSError where it ends badly or not at all. What is no task is over already."""
    if not str(upid).startswith("UPID:"):
        return
    node, deadline = str(upid).split(":")[1], time.monotonic() + TASK
    while time.monotonic() < deadline:
        status = target.call("GET", f"/nodes/{node}/tasks/{upid}/status")
        if status["status"] == "stopped":
            if status["exitstatus"] != "OK":
                raise OSError(f"{upid}: {status['exitstatus']}")
            return
        time.sleep(0.3)
    raise OSError(f"{upid} did not end within {TASK:g} s")  # no TimeoutError: in a check that is a finding
