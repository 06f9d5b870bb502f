"""`samdrift lab up|down|status|reset`: the hypervisor on this machine."""

from typing import Annotated

import typer

from samdrift.cli import timing
from samdrift.cli.console import answer_json, out, phase, say
from samdrift.cli.refusal import explained
from samdrift.state import State, current, state_home

app = typer.Typer(help="The lab: a Proxmox-compatible hypervisor on this machine, in a network of its own.")


def _own() -> State:
    """The lab of this checkout; a live one of another checkout is never taken."""
    import os

    from samdrift import lab

    if os.environ.get("SAMDRIFT_STATE") or os.environ.get("SAMDRIFT_LAB"):
        return current()
    name = lab.choose_name()
    return State(name=name, root=state_home() / name)


@app.command()
def up() -> None:
    """Start the lab of this checkout, or find it running."""
    from samdrift import lab, rollout

    seconds: dict[str, float] = {}
    with explained(then="samdrift lab status"):
        state = _own().open()
        place = lab.place_of(rollout.federation_of(state))
        if not lab.status(state.name)["template_file"]:
            with phase("template", seconds):
                lab.build_template(state, say=say)
        with phase("lab", seconds):
            found = lab.start(state, place, say=say)
    timing.record(state, "lab up", seconds)
    nodes = ", ".join(found["nodes"])
    say(f"the lab {state.name!r} answers at {found['endpoint']} with nodes {nodes}; next: samdrift up")


@app.command()
def down(
    all_labs: Annotated[bool, typer.Option("--all", help="Every lab of this checkout, the tests' own too")] = False,
) -> None:
    """End the lab and everything in it: guests, networks, mounts, state. Packages and caches stay."""
    from samdrift import lab
    from samdrift.state import cache_home

    with explained(then="pvelab gc"):
        names = lab.of_this_checkout() if all_labs else (current().name,)
        for name in names:
            state = current() if name == current().name else State(name=name, root=state_home() / name)
            left = lab.stop(state)
            say(f"the lab {name!r} is gone")
            if left:
                out.print(left, markup=False)
    say(f"kept: the caches {cache_home()} and {cache_home().with_name('pvelab')}")
    say("kept: the Debian packages of toolchain/debian-packages.txt, and .venv")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Answer for a program")] = False) -> None:
    """Say whether the lab runs, where it answers, and what it holds."""
    from samdrift import lab

    with explained(then="samdrift lab up"):
        state = current()
        found = lab.status(state.name)
    if as_json:
        answer_json(found)
        return
    for key in ("name", "alive", "endpoint", "nodes", "storages", "templates", "ca_file", "token_file"):
        value = found.get(key)
        out.print(f"{key:<11}{', '.join(map(str, value)) if isinstance(value, list) else value}", markup=False)
    if not found["alive"]:
        say("the lab does not run; next: samdrift lab up")


@app.command()
def reset() -> None:
    """End the lab with everything in it and start an empty one."""
    down(all_labs=False)
    up()
