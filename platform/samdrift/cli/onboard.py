"""`samdrift onboard`: a new member's stack file and inventory, from questions or from a file of answers."""

from pathlib import Path
from typing import Annotated

import typer

from samdrift.cli.console import out, say
from samdrift.cli.refusal import explained
from samdrift.state import current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(onboard)


def onboard(
    answers: Annotated[Path | None, typer.Option("--from", metavar="FILE", help="Answers in YAML; none: ask")] = None,
) -> None:
    """Write one stack file and one inventory file, checked before anything is written; no code."""
    from samdrift import rollout
    from samdrift.federation import onboarding

    state = current()
    with explained(then="mend the answers and run it again; nothing was written"):
        federation = rollout.federation_of(state)
        given = onboarding.read_answers(answers) if answers else onboarding.ask(federation, typer.prompt)
        for file in onboarding.write_member(given, federation, state.stacks):
            out.print(str(file), markup=False)
    say("next: look at the files, then: samdrift check; samdrift up " + given.key)
