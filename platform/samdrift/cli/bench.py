"""`samdrift bench`: the recorded phases, the no-op runs measured now, and figures beside their references."""

import json
import subprocess
import sys
import time
from typing import IO, Annotated, Any, cast

import typer
from rich.table import Table

from samdrift.cli import timing
from samdrift.cli.console import answer_json, fail, out, say
from samdrift.ending import ended_with, run
from samdrift.state import REPOSITORY, current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(bench)


def bench(
    people: Annotated[int, typer.Option(min=0, help="Accounts of the import; 0: no import")] = 18_000,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program")] = False,
) -> None:
    """Measure no-op `up` and `check` as whole processes, next to the phases that earlier runs recorded."""
    rows = [("recorded", phase, value) for phase, value in timing.phases(current()).items()]
    for verb in (("check",), ("up",)):
        say(f"measuring a no-op `samdrift {' '.join(verb)}`")
        began = time.monotonic()
        done = run([sys.argv[0], *verb])
        if done.returncode != 0:
            fail(f"samdrift {' '.join(verb)} ended with {done.returncode}", why=done.stderr.strip()[-500:])
        rows.append(("measured now", f"no-op {' '.join(verb)}", round(time.monotonic() - began, 1)))
    figures = _figures(people)
    if as_json:
        answer_json(
            {
                "phases": [{"run": name, "phase": phase, "seconds": value} for name, phase, value in rows],
                "rows": figures,
            }
        )
        return
    table = Table("", "phase", "seconds")
    for name, phase, taken in rows:
        table.add_row(name, phase, f"{taken:.1f}")
    out.print(table)
    table = Table("measured now", "", "beside", "", "ratio")
    for one in figures:
        value, reference = _cells(one)
        table.add_row(one["what"], value, one["against"], reference, f"{one['ratio']:.2f}")
    out.print(table)


def _figures(people: int) -> list[dict[str, Any]]:
    """Run the rows of tests/bench in a process of its own, and say each as it comes: an import takes half an hour."""
    say("measuring mail, backup, a no-op deploy and an import of people beside their references")
    command = [sys.executable, "-m", "tests.bench", "--people", str(people)]
    rows = []
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as bench, ended_with(bench):
        for line in cast(IO[str], bench.stdout):
            rows.append(row := json.loads(line))
            say(f"{row['what']}: {' beside '.join(_cells(row))}")
    if bench.returncode != 0:
        fail("the bench did not finish", why="its last words are above", then="each row above this is measured")
    return rows


def _cells(row: dict[str, Any]) -> tuple[str, str]:
    """The figure and its reference, each with the unit."""
    value, reference = (f"{row[key]:.1f} {row['unit']}" for key in ("value", "reference"))
    return value, reference
