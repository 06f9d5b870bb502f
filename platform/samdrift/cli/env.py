"""`samdrift env`: the variables after which plain `pulumi` works on this installation."""

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
        if not environment.knows_hypervisor(state):
            say(environment.NO_HYPERVISOR)
        print(environment.shell_lines(environment.environment(state, say=say)))  # noqa: T201 - the answer
    except (toolchain.ToolchainError, StateError) as error:
        fail("No environment for the engine", why=str(error))
