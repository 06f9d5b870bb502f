"""`samdrift down STACK`: take a member, the vault or the empty hall away again."""

from typing import Annotated

import typer

from samdrift.cli.console import out, phase, say
from samdrift.cli.refusal import explained
from samdrift.state import current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(down)


def down(
    stack: Annotated[str, typer.Argument(help="The stack, as `ystad` or whole")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")] = False,
) -> None:
    """Delete a stack's guests and networks after saying which; refuse the hall while others stand on it."""
    from samdrift import deploy as deploying
    from samdrift import rollout

    state = current().open()
    with explained(then="samdrift status"):
        chosen = rollout.select(rollout.federation_of(state), [stack])[0]
        doomed = rollout.what_down_deletes(state, chosen, say=say)
        out.print(
            f"[bold]{chosen.name}[/bold]: {len(doomed)} resources will be deleted, with everything on their disks:"
        )
        for line in doomed:
            out.print(f"  {line}", markup=False)
        if not yes and not typer.confirm("Delete them?", err=True):
            raise typer.Exit(1)
        with phase("down"):
            rollout.lower_stack(state, chosen, say=say)
        left = rollout.hosts_after(state, rollout.federation_of(state), [chosen])
        if left:
            with phase("deploy"):
                deploying.deploy(left, state.root, say)
            rollout.shut_accounts(state, chosen, say=say)
    say(f"{chosen.name} is gone; its stack file stays, `samdrift up {stack}` makes it anew")
