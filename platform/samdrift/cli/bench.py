"""`samdrift bench`: the recorded phases of this installation, and the no-op runs measured now."""

import subprocess
import sys
import time
from typing import Annotated

import typer
from rich.table import Table

from samdrift.cli import timing
from samdrift.cli.console import answer_json, fail, out, say
from samdrift.state import current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(bench)


def bench(as_json: Annotated[bool, typer.Option("--json", help="Answer for a program")] = False) -> None:
    """Measure no-op `up` and `check` as whole processes, next to the phases that earlier runs recorded."""
    rows = [("recorded", phase, value) for phase, value in timing.phases(current()).items()]
    for verb in (("check",), ("up",)):
        say(f"measuring a no-op `samdrift {' '.join(verb)}`")
        began = time.monotonic()
        done = subprocess.run([sys.argv[0], *verb], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            fail(f"samdrift {' '.join(verb)} ended with {done.returncode}", why=done.stderr.strip()[-500:])
        rows.append(("measured now", f"no-op {' '.join(verb)}", round(time.monotonic() - began, 1)))
    if as_json:
        answer_json([{"run": name, "phase": phase, "seconds": value} for name, phase, value in rows])
        return
    table = Table("", "phase", "seconds")
    for name, phase, value in rows:
        table.add_row(name, phase, f"{value:.1f}")
    out.print(table)
