"""`samdrift logs HOST`: what a host's journal says."""

import subprocess
from typing import Annotated

import typer

from samdrift.cli.host import ssh_config
from samdrift.state import current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(logs)


def logs(
    host: Annotated[str, typer.Argument(help="Short name of a host")],
    unit: Annotated[str | None, typer.Option("--unit", "-u", help="Only this systemd unit")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of the last lines")] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as new lines come")] = False,
) -> None:
    """Show the journal of HOST; what the last deploy did there lies in the state folder's logs."""
    config = ssh_config(current(), host)
    command = ["journalctl", "--no-pager", "-n", str(lines)]
    command += ["-u", unit] if unit else []
    command += ["-f"] if follow else []
    raise typer.Exit(subprocess.run(["ssh", "-F", str(config), host, *command], check=False).returncode)
