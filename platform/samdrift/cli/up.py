"""`samdrift up [STACK…]`: make stacks and their hosts what their files say."""

from typing import Annotated

import typer

from samdrift.cli import timing
from samdrift.cli.console import answer_json, fail, phase, say
from samdrift.cli.refusal import explained
from samdrift.state import current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(up)


def up(
    stacks: Annotated[list[str] | None, typer.Argument(help="Stacks, as `ystad` or whole; none: all")] = None,
    deploy: Annotated[bool, typer.Option(help="Deploy the hosts after the engine's run")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program")] = False,
) -> None:
    """Run the engine for the stacks in the right order, hand over the hosts, and deploy them."""
    from samdrift import deploy as deploying
    from samdrift import rollout

    state = current().open()
    seconds: dict[str, float] = {}
    with explained(then="mend what is named and run the same command again: it goes on from there"):
        chosen = rollout.select(rollout.federation_of(state), stacks or [])
        with phase("up", seconds):
            done = rollout.raise_stacks(state, chosen, say=say)
        result = None
        if deploy:
            with phase("deploy", seconds):
                result = deploying.deploy(done.hosts, state.root, say)
    whole = "up" if not stacks else "up in part"
    timing.record(state, whole if done.changed or (result and result.changed) else f"no-op {whole}", seconds)
    if as_json:
        answer_json(
            {
                "stacks": {name: dict(one.operations) for name, one in done.changes.items()},
                "hosts": result.as_records() if result else [],
                "seconds": seconds,
            }
        )
    else:
        for name, one in done.changes.items():
            words = ", ".join(f"{number} {op}" for op, number in sorted(one.operations.items())) or "nothing"
            say(f"{name}: {words}")
        if result:
            say(f"hosts: {len(result.changed)} of {len(done.hosts)} changed")
    if result and result.failed:
        fail(
            f"{len(result.failed)} hosts failed",
            why=result.reasons,
            log=str(state.logs),
            then="samdrift deploy",
        )
