"""The `samdrift` command: one module per verb, each only reads its options and calls the part that does the work."""

from __future__ import annotations

import errno
import sys

import typer

from samdrift.cli import (
    accounts,
    backup,
    bench,
    check,
    deploy,
    down,
    drill,
    env,
    lab,
    logs,
    onboard,
    open_,
    report,
    restore,
    sabotage,
    ssh,
    status,
    up,
    verify,
)
from samdrift.cli.console import explain
from samdrift.ending import undo_when_ended

app = typer.Typer(
    name="samdrift",
    help="The common technical platform of a Shared IT Service Centre, as code.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(lab.app, name="lab")
app.add_typer(accounts.app, name="accounts")
for module in (
    up,
    down,
    deploy,
    ssh,
    logs,
    verify,
    sabotage,
    check,
    onboard,
    env,
    status,
    bench,
    backup,
    restore,
    drill,
    report,
    open_,
):
    module.add_to(app)


def main() -> None:
    """Entry point of the `samdrift` command."""
    undo_when_ended()
    try:
        app()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        explain("The disk is full", why=str(error), then="make room (`df -h`) and run the same command again")
        sys.exit(1)
