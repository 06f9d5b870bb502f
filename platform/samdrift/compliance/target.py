"""What may be attacked: a pvelab, proven by the API's own answer and by the lab's own state. Nothing else, ever.

A name, an address or a port proves nothing: an endpoint variable that points at the real hall looks the same. So the
API has to show the instance id that lies, readable by its owner only, in the state folder of a lab that runs here.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from samdrift import lab
from samdrift.hypervisor import Hypervisor
from samdrift.state import State, StateError

HEADER = "X-Pvelab-Instance"
TASK_S = 120.0
"""Seconds that a task of a lab may take."""


class NotALab(Exception):
    """The endpoint was not proven to be a pvelab; one sentence says which proof is missing."""


@dataclass(frozen=True)
class Target:
    """A lab that may be sabotaged."""

    name: str
    endpoint: str
    ca_file: Path
    token_file: Path
    instance: str
    state: State

    @cached_property
    def hypervisor(self) -> Hypervisor:
        """The lab's API, as its own administrator."""
        token = self.token_file.read_text().strip()
        return Hypervisor(self.endpoint, token, verify=_trusting(self.ca_file))

    def call(self, method: str, path: str, /, **parameters: Any) -> Any:
        """Make one API call and return its `data`. Raises: HypervisorError."""
        return self.hypervisor.call(method, path, **parameters)

    def finish(self, upid: object) -> None:
        """Wait for what a call began. Raises: HypervisorError."""
        self.hypervisor.finish(upid, patience=TASK_S)


def confirm(state: State) -> Target:
    """Return the lab of `state` as a target, or raise NotALab."""
    try:
        described = state.endpoint()
        alive = lab.status(described["name"])
    except (StateError, lab.LabError, KeyError) as error:
        raise NotALab(f"no lab of this machine is known in {state.root} ({error})") from error
    if not alive.get("alive"):
        raise NotALab(f"the lab {described['name']} is not running on this machine")
    if alive["endpoint"] != described["endpoint"]:
        raise NotALab(f"lab.json names {described['endpoint']}, the running lab answers at {alive['endpoint']}")
    kept = Path(alive["state_dir"]) / "instance"
    if not kept.exists() or not (own := kept.read_text().strip()):
        raise NotALab(f"{kept} holds no instance id, so the API cannot prove which lab it is")
    shown = _instance_shown(endpoint=alive["endpoint"], ca_file=Path(alive["ca_file"]))
    if shown != own:
        raise NotALab(f"{alive['endpoint']} does not show the instance id of {kept}: it is not this lab")
    return Target(
        name=alive["name"],
        endpoint=alive["endpoint"],
        ca_file=Path(alive["ca_file"]),
        token_file=Path(alive["token_file"]),
        instance=own,
        state=state,
    )


def _trusting(ca_file: Path) -> ssl.SSLContext:
    """A lab is known by its own CA and no other."""
    return ssl.create_default_context(cafile=str(ca_file))


def _instance_shown(*, endpoint: str, ca_file: Path) -> str | None:
    """Ask the API itself, trusting only the lab's own CA. No credential is sent to what is not yet proven."""
    try:
        with httpx.Client(verify=_trusting(ca_file), timeout=10, trust_env=False) as client:
            found: str | None = client.get(f"{endpoint}/api2/json/version").headers.get(HEADER)
    except (httpx.HTTPError, OSError, ssl.SSLError) as error:
        raise NotALab(f"{endpoint} did not answer as a lab with the CA of {ca_file} ({error})") from error
    return found
