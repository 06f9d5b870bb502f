"""`samdrift report`: how available each service was at one member's own workplaces, recomputed from the samples."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from samdrift.cli.console import answer_json, fail, say
from samdrift.cli.host import ssh_config
from samdrift.cli.refusal import explained
from samdrift.state import current


class Language(StrEnum):
    """Of the page."""

    SV = "sv"
    EN = "en"


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(report)


def report(
    member: Annotated[str, typer.Option("--member", "-m", help="Key of the member: ystad")],
    month: Annotated[str, typer.Option("--month", help="Which month: 2026-11")] = "",
    language: Annotated[Language, typer.Option("--language", help="Of the page")] = Language.SV,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where the page is written")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program, no page")] = False,
) -> None:
    """Fetch the samples of a month, prove that they are whole, and make the figures anew; without --month: this one."""
    from samdrift.availability.fetch import HOST, SamplesError, fetch
    from samdrift.availability.figure import month as span
    from samdrift.availability.figure import month_of
    from samdrift.availability.make import make
    from samdrift.federation.load import load_federation

    state, asked = current(), month or month_of(time.time())
    try:
        start, end = span(asked)
    except ValueError:
        fail(f"{asked!r} is no month", then="samdrift report --member ystad --month 2026-11")
    with explained(then="samdrift up"):
        federation = load_federation(state.stacks)
        if member not in [one.key for one in federation.members]:
            there = ", ".join(one.key for one in federation.members)
            fail(f"There is no member {member!r}", why=f"there are: {there}", then="samdrift report --member KEY")
    try:
        lines = fetch(ssh_config(state, HOST), start=start, end=end)
        made = make(lines, federation=federation, member=member, month=asked, now=int(time.time()))
    except SamplesError as error:
        fail("There is no report", why=str(error), then=f"samdrift logs {HOST}; docs/monitor.md")
    if as_json:
        answer_json(made.to_json())
        return
    target = output or state.report / f"availability-{member}-{asked}-{language}.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(made.to_html(language))
    for one in made.figures:
        say(f"{one.service}: {'-' if one.percent is None else f'{one.percent:.3f} %'}, {len(one.outages)} outages")
    say(f"the page is {target}")
