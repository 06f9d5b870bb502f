"""`samdrift ssh HOST`: a shell, or one command, on a host of the platform."""

import os
from typing import Annotated

import typer

from samdrift.cli.host import ssh_config
from samdrift.state import current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(ssh)


def ssh(
    context: typer.Context, host: Annotated[str, typer.Argument(help="Short name of a host: dc1, ystad-gw")]
) -> None:
    """Open a shell on HOST through the bastion, or run the command that follows."""
    config = ssh_config(current(), host)
    os.execvp("ssh", ["ssh", "-F", str(config), host, *context.args])
