"""`samdrift onboard`: a new member's stack file and inventory, from questions or from a file of answers."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from samdrift.cli.console import err, fail, out, say
from samdrift.cli.refusal import explained
from samdrift.state import State, current

if TYPE_CHECKING:
    from samdrift.federation.record import Federation


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
    with explained(then="samdrift check"):
        federation = rollout.federation_of(state)
    refused = "The member cannot join with these answers; nothing was written"
    with explained(then="mend it; samdrift onboard", headline=refused), _all_or_nothing(then="samdrift onboard"):
        file = answers or _asked(state, federation)
    again = f"samdrift onboard --from {shlex.quote(str(file))}"
    with explained(then=f"mend it; {again}", headline=refused), _all_or_nothing(then=again):
        document = onboarding.read_answers(file)
        written = onboarding.write_member(document, federation, state.stacks)
    if answers is None:
        file.unlink()
    for path in written:
        out.print(str(path), markup=False)
    say("next: look at the files, then: samdrift check; samdrift up " + onboarding.answers_of(document).key)


@contextmanager
def _all_or_nothing(*, then: str) -> Iterator[None]:
    """End the verb with a sentence where the person stops it, or the disk does; the files are written whole or not."""
    try:
        yield
    except (KeyboardInterrupt, typer.Abort) as stop:
        # typer makes one Abort of Ctrl-C and of the end of the input; what it was made of is its context
        interrupted = isinstance(stop, KeyboardInterrupt) or isinstance(stop.__context__, KeyboardInterrupt)
        what = "Interrupted" if interrupted else "The input ended before the last question"
        err.print()
        fail(f"{what}; nothing was written", then=then, code=130 if interrupted else 1)
    except OSError as error:
        fail("The files could not be read or written; nothing was changed", why=str(error), then=then)


def _asked(state: State, federation: "Federation") -> Path:
    """Ask, and keep the answers in a file until the member's own are written: whatever is refused can be mended."""
    from samdrift.federation import interview, onboarding

    def tell(sentence: str) -> None:
        err.print(f"  {sentence}", markup=False)

    def prompt(question: str, default: str) -> str:
        return typer.prompt(question, default=default, show_default=bool(default), err=True)

    tell("Enter takes the answer in brackets. Ctrl-C ends it, and nothing is written.")
    given = interview.ask(federation, state.stacks, prompt=prompt, tell=tell)
    file = state.root / "answers" / f"{given['key']}.yaml"
    state.write(file, onboarding.answers_text(given))
    return file
