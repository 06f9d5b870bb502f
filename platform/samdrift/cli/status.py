"""`samdrift status`: the hosts, the last verdicts, how long it took, and how to get in."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from samdrift.cli import timing
from samdrift.cli.console import answer_json, out, say
from samdrift.cli.host import hosts
from samdrift.cli.refusal import explained
from samdrift.state import State, current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(status)


def status(
    drift: Annotated[bool, typer.Option("--drift", help="Look for every difference from the code (GOV-06)")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program")] = False,
) -> None:
    """Show what stands. With --drift: compare hypervisor and hosts with the code, non-zero on a difference."""
    state = current()
    with explained(then="samdrift up"):
        if drift:
            _drift(state, as_json=as_json)
            return
        found = hosts(state)
    if as_json:
        answer_json({"lab": state.name, "hosts": found, "verdicts": _verdicts(state), "times": timing.read(state)})
        return
    if not found:
        say(f"nothing is up in {state.root}; next: samdrift lab up; samdrift up")
        return
    table = Table("host", "stack", "node", "number", "address", "roles", title=f"{len(found)} hosts")
    for host in found:
        table.add_row(
            host["name"],
            host["stack"].split(".")[-1],
            host["node"],
            str(host["vm_id"]),
            host["ssh"]["address"],
            " ".join(host["roles"]),
        )
    out.print(table)
    verdicts = _verdicts(state)
    if verdicts:
        counted = ", ".join(
            f"{sum(v == one for v in verdicts.values())} {one}" for one in sorted(set(verdicts.values()))
        )
        out.print(f"verdicts   {counted}")
        out.print(f"report     {state.report / 'report.html'}")
    if known := timing.phases(state):
        out.print("phases     " + " · ".join(f"{name} {value:.0f} s" for name, value in known.items()))
    out.print('get in     samdrift ssh dc1 · samdrift logs dc1 · eval "$(samdrift env)" for plain pulumi', markup=False)


def _verdicts(state: State) -> dict[str, str]:
    file = state.report / "report.json"
    if not file.exists():
        return {}
    return {one["id"]: one["verdict"] for one in json.loads(file.read_text())["requirements"]}


def _drift(state: State, *, as_json: bool) -> None:
    from samdrift.drift import observe

    differences = observe(state=state.root).differences
    if as_json:
        answer_json([one.to_json() for one in differences])
    else:
        for one in differences:
            out.print(str(one), markup=False)
        say(f"{len(differences)} differences between the code and the platform")
    raise typer.Exit(1 if differences else 0)
