"""`samdrift deploy [HOST…]`: run the roles on hosts that stand already."""

from typing import Annotated

import typer

from samdrift.cli import timing
from samdrift.cli.console import answer_json, fail, phase, say
from samdrift.cli.refusal import explained
from samdrift.state import current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(deploy)


def deploy(
    hosts: Annotated[list[str] | None, typer.Argument(help="Short names; none: every host")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program")] = False,
) -> None:
    """Make hosts what their records say; a second run changes nothing, and says so."""
    from samdrift import deploy as deploying

    state = current().open()
    seconds: dict[str, float] = {}
    with explained(then="samdrift up"), phase("deploy", seconds):
        result = deploying.deploy(tuple(hosts or ()), state.root, say)
    timing.record(state, "deploy" if result.changed else "no-op deploy", seconds)
    if as_json:
        answer_json({"hosts": result.as_records(), "seconds": seconds})
    else:
        say(f"{len(result.changed)} hosts changed" + (f": {', '.join(result.changed)}" if result.changed else ""))
    if result.failed:
        fail(
            f"{len(result.failed)} hosts failed",
            why=result.reasons,
            log=str(state.logs),
            then="samdrift logs HOST",
        )
