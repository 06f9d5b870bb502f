"""What a verb says: plain lines with the time in a log or in CI, the same lines with a live status on a terminal."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Say one line of progress, on standard error so that standard output stays for the answer."""
    err.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim]  {text}")


def answer_json(value: Any) -> None:
    """Print the answer for a program."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def fail(what: str, *, why: str = "", log: str = "", then: str = "", code: int = 1) -> NoReturn:
    """End the verb: what failed, why, where the log is, and what to do next."""
    explain(what, why=why, log=log, then=then)
    raise typer.Exit(code)


def explain(what: str, *, why: str = "", log: str = "", then: str = "") -> None:
    """Say what failed, why, where the log is, and what to do next."""
    err.print(f"[bold red]{what}[/bold red]")
    for label, text in (("why", why), ("log", log), ("next", then)):
        if text:
            err.print(f"  {label + ':':<6}{text}", markup=False)


@contextmanager
def phase(name: str, seconds: dict[str, float] | None = None) -> Iterator[None]:
    """Time one phase of a verb, say that it began and how long it took."""
    began = time.monotonic()
    say(f"[bold]{name}[/bold] …")
    yield
    took = time.monotonic() - began
    if seconds is not None:
        seconds[name] = round(took, 1)
    say(f"[bold]{name}[/bold] done in {took:.0f} s")
