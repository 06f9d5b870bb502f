"""`samdrift sabotage`: prove the checks, by breaking the lab's platform and watching them turn red."""

from typing import Annotated

import typer

from samdrift.cli.console import answer_json, out, phase, say
from samdrift.cli.refusal import explained
from samdrift.state import current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(sabotage)


def sabotage(
    ids: Annotated[list[str] | None, typer.Option("--requirement", "-r", help="Only this id; may be repeated")] = None,
    names: Annotated[list[str] | None, typer.Option("--name", "-n", help="Only this one; may be repeated")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program")] = False,
) -> None:
    """Apply each sabotage, expect its check to fail by name, undo it, expect green. Refuses anything but a lab."""
    from samdrift.compliance.sabotage import print_outcomes, run_sabotages

    with explained(then="samdrift lab status"), phase("sabotage"):
        outcomes = run_sabotages(state=current().root, ids=ids or None, names=names or None, say=say)
    if as_json:
        answer_json([outcome.to_json() for outcome in outcomes])
    else:
        print_outcomes(outcomes, out)
    raise typer.Exit(0 if outcomes and all(outcome.proved for outcome in outcomes) else 1)
