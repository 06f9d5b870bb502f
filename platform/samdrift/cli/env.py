"""`samdrift env`: the variables after which plain `pulumi` works on this installation."""

import os

import typer

from samdrift.cli.console import fail, say
from samdrift.state import StateError, current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(name="env")(env)


def env() -> None:
    """Print `export` lines: eval "$(samdrift env)" and plain `pulumi up -s STACK` works from the repository root."""
    from samdrift import environment, toolchain

    try:
        state = current()
        if not state.endpoint_file.exists() and not os.environ.get("PROXMOX_VE_ENDPOINT"):
            say("no lab runs and PROXMOX_VE_ENDPOINT is not set: the engine will find no hypervisor; samdrift lab up")
        print(environment.shell_lines(environment.environment(state, say=say)))  # noqa: T201 - the answer
    except (toolchain.ToolchainError, StateError) as error:
        fail("No environment for the engine", why=str(error))
