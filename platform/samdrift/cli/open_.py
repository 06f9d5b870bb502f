"""`samdrift open`: the start page for people: every address, who may enter, and the lab's invented people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from samdrift.cli.console import answer_json, out, say
from samdrift.cli.refusal import explained
from samdrift.state import current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("open")(open_)


def open_(
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page instead")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program")] = False,
) -> None:
    """List where people come in, who may, and whom the lab invents."""
    from samdrift import entrance
    from samdrift.federation.load import load_federation

    state = current()
    with explained(then="samdrift check"):
        federation = load_federation(state.stacks)
    if as_json:
        answer_json(entrance.to_json(federation))
        return
    if html:
        html.write_text(entrance.to_html(federation))
        say(f"the page is {html}")
        return
    table = Table("service", Column("address", overflow="fold"), "who may enter", "from", "members")
    for door in entrance.doors(federation):
        table.add_row(door.title, door.address, door.who, door.networks, door.members)
    out.print(table)
    if found := entrance.samples(federation):
        known = Table("account", "name", Column("mail", overflow="fold"), "member", "kind", title="invented people")
        for one in found:
            known.add_row(one.account, one.name, one.mail, one.member, one.kind)
        out.print(known)
        out.print(f"a first password: {entrance.PASSWORD}", markup=False)
