"""`samdrift verify`: run the checks of the standard on the running platform."""

from pathlib import Path
from typing import Annotated

import typer

from samdrift.cli import timing
from samdrift.cli.console import answer_json, out, phase, say
from samdrift.cli.refusal import explained
from samdrift.state import current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(verify)


def verify(
    stack: Annotated[str | None, typer.Option("--stack", "-s", help="Only this member as subject")] = None,
    ids: Annotated[list[str] | None, typer.Option("--requirement", "-r", help="Only this id; may be repeated")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="UNPROVEN fails too")] = False,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Answer for a program; - is stdout")
    ] = None,
) -> None:
    """Check the platform against the standard; ends non-zero on FAIL or DNF among the selected requirements."""
    from samdrift.compliance import report as reporting
    from samdrift.compliance.run import verify as run_checks

    state = current().open()
    seconds: dict[str, float] = {}
    with explained(then="samdrift up"), phase("verify", seconds):
        report = run_checks(state=state.root, stack=stack, ids=ids or None, say=say)
    timing.record(state, "verify" if not (ids or stack) else "verify in part", seconds)
    stem = "report" if not (ids or stack) else "part"  # what was asked in part does not stand for the platform
    for name, text in (
        ("html", reporting.render_html(report)),
        ("json", reporting.render_json(report)),
        ("xml", reporting.render_junit(report)),
    ):
        state.write(state.report / f"{stem}.{name}", text)
    if json_file == "-":
        answer_json(report.to_json())
    else:
        if json_file:
            Path(json_file).write_text(reporting.render_json(report))
        reporting.print_summary(report, out)
    say(f"report: {state.report / f'{stem}.html'}")
    raise typer.Exit(report.exit_code(ids=ids or None, strict=strict))
