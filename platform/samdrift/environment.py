"""The environment that makes plain `pulumi` and every verb face the same platform."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from samdrift import toolchain
from samdrift.state import State

HYPERVISOR = ("PROXMOX_VE_ENDPOINT", "PROXMOX_VE_API_TOKEN")
NO_HYPERVISOR = (
    f"{' and '.join(HYPERVISOR)} are not set, and no lab is known: "
    "`samdrift lab up` starts one; docs/production.md says what a real hypervisor needs"
)


def knows_hypervisor(state: State) -> bool:
    """Whether the state folder describes a lab, or this process' environment names an endpoint and a token."""
    return state.endpoint_file.exists() or all(os.environ.get(name) for name in HYPERVISOR)


def environment(state: State, *, say: Callable[[str], None]) -> dict[str, str]:
    """Return the variables for the engine, the provider and the verbs.

    Where the state folder describes a lab, endpoint and token are the lab's; otherwise what `PROXMOX_VE_ENDPOINT` and
    `PROXMOX_VE_API_TOKEN` say already (production) is left alone.
    """
    variables = {"SAMDRIFT_LAB": state.name, "SAMDRIFT_STATE": str(state.root), "SAMDRIFT_STACKS": str(state.stacks)}
    ca_file = None
    if state.endpoint_file.exists():
        lab = state.endpoint()
        ca_file = Path(lab["ca_file"])
        variables["PROXMOX_VE_ENDPOINT"] = lab["endpoint"]
        variables["PROXMOX_VE_API_TOKEN"] = Path(lab["token_file"]).read_text().strip()
    built = toolchain.ensure(say)
    return variables | toolchain.environment(built, state.root, ca_file)


def shell_lines(variables: dict[str, str]) -> str:
    """Return `export` lines for `eval`, only of what differs from this process' own environment."""
    from shlex import quote

    return "\n".join(
        f"export {name}={quote(value)}" for name, value in variables.items() if os.environ.get(name) != value
    )
