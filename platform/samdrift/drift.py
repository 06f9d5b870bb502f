"""Every difference between the code and the running platform, seen without changing anything (GOV-06).

Three observers: the engine refreshes each stack in a preview and compares it with the program; the hypervisor's own
lists are compared with what the stack files declare; every fact of every host is read anew against its roles.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from samdrift.difference import Difference, words
from samdrift.engine import Engine
from samdrift.environment import environment
from samdrift.federation.guest import guests_of
from samdrift.federation.load import load_federation
from samdrift.federation.network import networks_of
from samdrift.federation.record import Federation
from samdrift.hypervisor import Hypervisor, HypervisorError
from samdrift.state import REPOSITORY, State

Say = Callable[[str], None]

PARALLEL = 3
"""Stacks and hosts looked at beside each other; most of the time each waits for answers."""
PATIENCE_S = 300.0
QUIET = {"same", "read", "refresh", "read-discard", "discard"}
"""Steps of a preview that change nothing."""


class DriftError(Exception):
    """An observer could not do its work, so nothing is known; one sentence."""


@dataclass(frozen=True)
class Observation:
    """What was looked at, and every difference that was seen there."""

    stacks: tuple[str, ...]
    hosts: tuple[str, ...]
    differences: tuple[Difference, ...]


def observe(*, state: Path, stacks: Sequence[str] = (), say: Say = lambda _: None) -> Observation:
    """Look for differences in the named stacks (none: all that are up), on the hypervisor and on the hosts.

    Raises: DriftError, EngineError or LoadError where the comparison itself is not possible.
    """
    place = State.at(state)
    federation = load_federation(place.stacks)
    up = [stack.name for stack in federation.stacks if (place.handover / f"{stack.name}.json").exists()]
    chosen = [name for name in up if not stacks or name in stacks or name.rpartition(".")[2] in stacks]
    if not chosen:
        raise DriftError(f"nothing is up in {state}: run `samdrift up` first")
    variables = environment(place, say=say)
    engine = Engine(place, variables)
    hosts = [one for name in chosen for one in _hosts(place, name)]
    with ThreadPoolExecutor(PARALLEL) as together:
        by_engine = together.map(lambda name: (name, tuple(of_stack(place, engine, name, say=say))), chosen)
        by_host = together.map(lambda one: (one[1], tuple(of_host(place, *one))), hosts)
        lists = tuple(of_lists(federation, chosen, variables))
        seen, read = dict(by_engine), dict(by_host)
        return Observation(
            stacks=tuple(seen),
            hosts=tuple(read),
            differences=(*chain.from_iterable(seen.values()), *lists, *chain.from_iterable(read.values())),
        )


def of_stack(place: State, engine: Engine, stack: str, *, say: Say) -> Iterator[Difference]:
    """Refresh one stack in a preview and yield what the program would change."""
    engine.run(stack, "preview", "--refresh", say=say)
    events = place.logs / f"pulumi-{stack}-preview.events"
    for line in events.read_text().splitlines():
        step = (json.loads(line).get("resourcePreEvent") or {}).get("metadata")
        if step and step["op"] not in QUIET and not step["type"].startswith(("pulumi:pulumi", "pulumi:providers")):
            yield Difference("engine", stack, step["urn"].rpartition("::")[2], words(step))


def of_lists(federation: Federation, stacks: Iterable[str], variables: Mapping[str, str]) -> Iterator[Difference]:
    """Compare the hypervisor's own lists of guests and networks with what is declared, in both directions."""
    records = [one for one in federation.stacks if one.name in set(stacks)]
    whole = len(records) == len(federation.stacks)
    guests = {guest.vm_id: guest for one in records for guest in guests_of(federation, one)}
    try:
        hypervisor = Hypervisor.named(variables)
        found = {int(one["vmid"]): one for one in hypervisor.call("GET", "/cluster/resources", type="vm")}
        shown = {one["vnet"] for one in hypervisor.call("GET", "/cluster/sdn/vnets", running=1)}
    except HypervisorError as error:
        raise DriftError(f"the hypervisor does not say what it runs: {error}") from error
    for number, one in sorted(found.items()):
        if whole and number not in guests:
            name = one.get("name", "?")
            yield Difference("hypervisor", federation.name, f"{name} ({number})", "a guest that no stack declares")
    for number, guest in guests.items():
        if number not in found:
            yield Difference("hypervisor", guest.stack, guest.name, "the guest is missing")
        elif found[number]["status"] != "running":
            yield Difference("hypervisor", guest.stack, guest.name, f"the guest is {found[number]['status']}")
    networks = {network.vnet: network for one in records for network in networks_of(federation, one)}
    for vnet in sorted(shown - set(networks)) if whole else ():
        yield Difference("hypervisor", federation.name, vnet, "a network that no stack declares")
    for vnet in sorted(set(networks) - shown):
        yield Difference("hypervisor", networks[vnet].stack, vnet, "the network is missing")


def of_host(place: State, stack: str, host: str) -> Iterator[Difference]:
    """Read one host's facts anew and yield what a deploy would change."""
    command = [sys.executable, "-m", "samdrift.host_drift", "inventories/platform.py", host]
    around = {**os.environ, "SAMDRIFT_STATE": str(place.root), "SAMDRIFT_STACKS": str(place.stacks)}
    around["PYTHONPATH"] = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "platform")])
    log = place.logs / f"drift-{host}.log"
    with log.open("w") as stream:
        done = subprocess.run(
            command, cwd=REPOSITORY, env=around, stdout=subprocess.PIPE, stderr=stream, check=False, timeout=PATIENCE_S
        )
    if done.returncode != 0:
        last = (log.read_text().strip().splitlines() or ["nothing in its log"])[-1]
        yield Difference("host", stack, host, f"its facts cannot be read: {last}")
        return
    for operation in json.loads(done.stdout):
        yield Difference("host", stack, host, f"a deploy would change: {operation}")


def _hosts(place: State, stack: str) -> list[tuple[str, str]]:
    return [(stack, one["name"]) for one in json.loads((place.handover / f"{stack}.json").read_text())]
