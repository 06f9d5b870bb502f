"""`samdrift backup`: make backups now instead of at night."""

from typing import Annotated

import typer

from samdrift.cli.console import fail, phase, say
from samdrift.cli.refusal import explained
from samdrift.state import current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(backup)


def backup(
    hosts: Annotated[list[str] | None, typer.Argument(help="Only what is kept on these hosts")] = None,
    guests: Annotated[bool, typer.Option("--guests", help="Whole guests too: the hypervisor's own jobs")] = False,
) -> None:
    """Bring to the store what the hosts keep, and let the vault fetch it; before a change that could go wrong."""
    from samdrift.environment import environment
    from samdrift.recovery import cycle
    from samdrift.recovery.host import RecoveryError

    state = current()
    try:
        with explained(then="samdrift backup"):
            with phase("hosts"):
                cycle.hosts(state, names=hosts or (), say=say)
            if guests:
                with phase("guests"):
                    cycle.guests(environment(state, say=say), say=say)
            with phase("vault"):
                cycle.vault(state, say=say)
    except RecoveryError as error:
        fail("Not everything was backed up", why=str(error), then="samdrift restore shows what is kept and what failed")
