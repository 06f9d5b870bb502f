"""Start, look at and stop the lab that stands in for the hall's hypervisor (design: same program, other endpoint)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samdrift.federation.addressing import ENGINEER, HALL4, ROUTER, host4, host6, member_space4
from samdrift.federation.network import hall_network
from samdrift.federation.record import Federation
from samdrift.state import REPOSITORY, State, lab_of_checkout, labs_of_checkout, names_to_take

PVELAB = str(Path(sys.executable).with_name("pvelab"))


class LabError(Exception):
    """The lab did not do what was asked; the message holds its own words."""


def pvelab(*arguments: str, timeout: float = 600) -> str:
    """Run one `pvelab` verb and return its standard output; raise `LabError` with its last words otherwise."""
    done = subprocess.run([PVELAB, *arguments], capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise LabError("\n".join(words[-8:]) or f"pvelab {' '.join(arguments)} ended with {done.returncode}")
    return done.stdout


def status(name: str) -> dict[str, Any]:
    """Return `pvelab status --json` of the named lab; `alive` is false where none runs."""
    found: dict[str, Any] = json.loads(pvelab("status", "--name", name, "--json", timeout=60))
    return found


def choose_name() -> str:
    """Return this checkout's lab name: its own from before, or the first that no live lab of another checkout holds."""
    if known := lab_of_checkout(REPOSITORY):
        return known
    return next(name for name in names_to_take(REPOSITORY) if is_ours_or_dead(status(name)))


def is_ours_or_dead(found: Mapping[str, Any]) -> bool:
    """Whether a lab, by its status, is not alive under another checkout."""
    return not found["alive"] or found["checkout"] == str(REPOSITORY)


def of_this_checkout() -> tuple[str, ...]:
    """Return the names of all labs that this checkout started: tests' and molecule's too, and those killed half way."""
    known = [line.split()[0] for line in pvelab("list").splitlines()]
    ours = [name for name in known if status(name).get("checkout") == str(REPOSITORY)]
    return tuple(dict.fromkeys([*labs_of_checkout(REPOSITORY), *ours]))


@dataclass(frozen=True)
class Place:
    """What the federation's hall asks of its lab."""

    nodes: tuple[str, ...]
    desk: str
    """`VNET=ADDRESS/LENGTH,ADDRESS/LENGTH`: where the engineer's machine stands in the management network."""
    routes: tuple[str, ...]
    """`PREFIX=VIA`: how the package proxy's answers find the guests behind edge."""
    packages: str
    """`VNET=ADDRESS/LENGTH:PORT`: the package proxy's place; empty where the stack file names none."""


def place_of(federation: Federation) -> Place:
    """Return the lab that fits the stack file of the hall."""
    hall, mgt, svc = federation.hall, hall_network(federation, "mgt"), hall_network(federation, "svc")
    desk = f"{host4(mgt.ipv4, ENGINEER)},{host6(mgt.ipv6, ENGINEER)}"
    packages = ""
    if hall.packages:
        address, port = hall.packages.removeprefix("http://").split(":")
        packages = f"{svc.vnet}={address}/{svc.ipv4.prefixlen}:{port}"
    edge = host4(svc.ipv4, ROUTER).ip
    routes = tuple(f"{prefix}={edge}" for prefix in (HALL4, hall.wan.ipv4, *member_space4()))
    return Place(nodes=hall.hypervisor.nodes, desk=f"{mgt.vnet}={desk}", routes=routes, packages=packages)


def start(state: State, place: Place, *, say: Callable[[str], None]) -> dict[str, Any]:
    """Start the lab, or find it running, and keep its description in the state folder."""
    _refuse_other(state)
    if not is_ours_or_dead(found := status(state.name)):
        raise LabError(f"the lab {state.name!r} is alive under {found['checkout']}: SAMDRIFT_LAB gives another name")
    state.open()
    command = [PVELAB, "start", "--name", state.name, "--nodes", ",".join(place.nodes), "--desk", place.desk]
    command += ["--packages", place.packages] if place.packages else []
    command += [word for route in place.routes for word in ("--route", route)]
    state.write(state.root / "checkout", f"{REPOSITORY}\n")  # first: a start that is killed is ours to clear
    _follow(command, state.logs / "lab.log", say=say)
    found = status(state.name)
    state.write(state.endpoint_file, json.dumps(found, indent=2))
    return found


def build_template(state: State, *, say: Callable[[str], None]) -> None:
    """Build the guests' template into the machine's cache, which takes longer than to start a lab."""
    _follow([PVELAB, "template", "build", "--name", state.name], state.logs / "template.log", say=say)


def _refuse_other(state: State) -> None:
    """Raise LabError where stacks were made in this state folder, and not in a lab: it is somebody's real platform."""
    made = [*state.handover.glob("*.json"), *(state.root / "pulumi/backend").glob("**/stacks/**/*.json")]
    if made and not state.endpoint_file.exists():
        raise LabError(
            f"{state.root} belongs to no lab, and {len(made)} files in it say what was made on another hypervisor "
            f"({made[0].relative_to(state.root)}); `SAMDRIFT_LAB` names a lab, `SAMDRIFT_STATE` must not be set"
        )


def _follow(command: list[str], log: Path, *, say: Callable[[str], None]) -> None:
    with log.open("a") as stream:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert process.stdout is not None
        last: list[str] = []
        for line in process.stdout:
            stream.write(line)
            last = [*last[-7:], line.rstrip()]
            say(line.rstrip())
        if process.wait() != 0:
            raise LabError("\n".join(last))


def stop(state: State) -> str:
    """End the lab with all its guests, and forget what was made in it; return what `pvelab gc` still found."""
    _refuse_other(state)
    pvelab("stop", "--name", state.name, "--destroy")
    left = pvelab("gc", "--dry-run", "--name", state.name)
    if state.root.exists():
        shutil.rmtree(state.root)
    return left.strip()
