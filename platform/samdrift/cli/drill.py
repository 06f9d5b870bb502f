"""`samdrift drill`: prove that what is backed up comes back, as its users see it."""

from typing import Annotated

import typer
from rich.table import Table

from samdrift.cli.console import fail, out, phase, say
from samdrift.cli.refusal import explained
from samdrift.state import current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(drill)


def drill(
    now: Annotated[bool, typer.Option("--now", help="Start the backups instead of waiting for the hosts' own")] = False,
    vault: Annotated[bool, typer.Option("--vault", help="Restore from the copy elsewhere")] = False,
) -> None:
    """Write something new into each system, lose it, restore it and read it as its user; non-zero if one is lost."""
    from samdrift.recovery import drill as recovery
    from samdrift.recovery.host import RecoveryError
    from samdrift.rollout import federation_of

    state = current().open()
    with explained(then="samdrift check"):
        federation = federation_of(state)
    try:
        with phase("drill"):
            trials = recovery.run(state, federation, start=now, vault=vault, say=say)
    except RecoveryError as error:
        fail("The drill could not be held", why=str(error), then="samdrift restore shows what is kept")
    file = state.report / "drill.json"
    state.write(file, recovery.render_json(trials, vault=vault))
    table = Table("host", "system", "member", "what", "loss", "time", "")
    for one in trials:
        loss, took = (f"{value:.0f} s" if value is not None else "-" for value in (one.loss_s, one.time_s))
        table.add_row(one.host, one.system, one.member or "", one.what, loss, took, one.error or "back")
    out.print(table)
    say(f"report: {file}")
    raise typer.Exit(0 if all(one.came_back for one in trials) else 1)
