"""`samdrift restore`: bring something back from backup."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from samdrift.cli.console import answer_json, fail, out, say
from samdrift.state import current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(restore)


def restore(
    system: Annotated[
        str | None, typer.Argument(help="What is kept: directory, mail, databases; none: say what is")
    ] = None,
    what: Annotated[
        list[str] | None, typer.Argument(help="An account, a mailbox, a database, or a path that begins with /")
    ] = None,
    *,
    member: Annotated[
        str | None, typer.Option("--member", "-m", help="Whose part, where each member has its own")
    ] = None,
    at: Annotated[str | None, typer.Option(help='As it was then: "2026-03-01 12:00"; the newest unless given')] = None,
    to: Annotated[str | None, typer.Option(help="Lay the files down in this folder of the host instead")] = None,
    archives: Annotated[bool, typer.Option("--list", help="Only list the archives there are")] = False,
    vault: Annotated[bool, typer.Option("--vault", help="From the copy elsewhere instead of the hall's store")] = False,
) -> None:
    """Bring back a file, a message, a database or an object of the directory. Nothing that stands is overwritten."""
    from samdrift.recovery import restore as recovery
    from samdrift.recovery.host import RecoveryError

    state = current()
    try:
        everything, silent = recovery.asked(state)
        for sentence in silent:  # one host that is down is no reason to bring nothing back from the others
            say(f"not asked: {sentence}")
        if system is None:
            _show(everything)
            raise typer.Exit(1 if silent else 0)
        one = recovery.choose(everything, system, member)
        if archives:
            answer_json(recovery.archives(state, one, vault=vault))
            return
        say(f"{one.repository} on {one.host}, from {'the vault' if vault else 'the store'}")
        answer_json(recovery.restore(state, one, what or (), at=at, to=to, vault=vault))
    except RecoveryError as error:
        fail("Nothing was brought back", why=str(error), then="samdrift restore SYSTEM --list shows the archives")


def _show(everything: Iterable[Any]) -> None:
    table = Table("host", "system", "member", "last good backup", "last run")
    for one in everything:
        last = one.last or {}
        good = _when(last["succeeded"]) if last.get("succeeded") else "never"
        table.add_row(
            one.host, one.system, one.member or "", good, "ok" if last.get("ok") else last.get("error") or "-"
        )
    out.print(table)


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(sep=" ", timespec="minutes")
