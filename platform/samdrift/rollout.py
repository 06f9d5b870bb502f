"""Bring stacks up and take them away: engine first, then handover, then hosts; in parallel where independent."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from samdrift import toolchain
from samdrift.engine import Changes, Engine
from samdrift.environment import NO_HYPERVISOR, environment, knows_hypervisor
from samdrift.federation.load import load_federation
from samdrift.federation.record import AnyStack, Federation, Hall, Member
from samdrift.handover import ENGINEER_KEY, VAULT_KEY, HostRecord, write_json
from samdrift.recovery.host import RecoveryError, records, run
from samdrift.state import State, StateError

Say = Callable[[str], None]

PARALLEL_STACKS = 4
"""Member stacks made at once; they meet only at the cluster-wide apply of networks, where the provider waits."""


class RolloutError(Exception):
    """A stack cannot be brought up or taken away as asked; one sentence."""


@dataclass
class Rollout:
    """What was done: changes per stack, and which hosts need a deploy now."""

    changes: dict[str, Changes] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()

    @property
    def changed(self) -> int:
        """Resources that were not left as they were, in all stacks."""
        return sum(one.changed for one in self.changes.values())


def federation_of(state: State) -> Federation:
    """Return the one federation of the installation's stack files.

    Raises: LoadError with every mistake; StateError where there is not exactly one hall.
    """
    halls = sorted(state.stacks.glob("Pulumi.*.hall.yaml"))
    if len(halls) != 1:
        found = ", ".join(file.name for file in halls) or "none"
        raise StateError(f"{state.stacks}: exactly one Pulumi.<federation>.hall.yaml is expected, found {found}")
    return load_federation(state.stacks, halls[0].name.split(".")[1])


def select(federation: Federation, names: Sequence[str]) -> tuple[AnyStack, ...]:
    """Return the named stacks (`ystad` or `ystad-osterlen.ystad`), all of them for none, in the order they are made."""
    if not names:
        return federation.stacks
    wanted = {federation.stack(name).name for name in names}
    return tuple(stack for stack in federation.stacks if stack.name in wanted)


def raise_stacks(state: State, stacks: Sequence[AnyStack], *, say: Say) -> Rollout:
    """Run the engine for the stacks, the hall first and the others beside each other; write their handover files."""
    federation = federation_of(state)
    variables = _prepared(state, say=say)
    engine = Engine(state, variables)
    done = Rollout()

    def one(stack: AnyStack) -> Changes:
        with state.locked(f"stack-{stack.name}"):
            toolchain.init_stack(stack.name, variables)
            begun = engine.mend(stack.name, say=say)
            changes = engine.run(stack.name, "up", say=say)
            records = write_handover(state, engine, stack.name)
            forget_host_keys(state, {record.name for record in records} & {*begun, *changes.made})
        return changes

    hall = tuple(stack for stack in stacks if isinstance(stack, Hall))
    others = tuple(stack for stack in stacks if not isinstance(stack, Hall))
    if others and not hall and not (state.handover / f"{federation.hall.name}.json").exists():
        raise RolloutError(f"{others[0].name} stands on {federation.hall.name}, which is not up: samdrift up")
    for group in (hall, others):
        with ThreadPoolExecutor(PARALLEL_STACKS) as pool:
            done.changes |= {changes.stack: changes for changes in pool.map(one, group)}
    done.hosts = hosts_after(state, federation, stacks)
    return done


def write_handover(state: State, engine: Engine, stack: str) -> tuple[HostRecord, ...]:
    """Keep the stack's host records as they came out of the engine."""
    records = tuple(HostRecord.model_validate(one) for one in engine.outputs(stack)["hosts"])
    state.write(state.handover / f"{stack}.json", write_json(records))
    return records


def forget_host_keys(state: State, names: Iterable[str]) -> None:
    """Forget the SSH keys of guests that were made anew or are gone; inventories/ssh.py keeps a file a host."""
    for name in names:
        (state.ssh / "known_hosts.d" / name).unlink(missing_ok=True)


def hosts_after(state: State, federation: Federation, stacks: Sequence[AnyStack]) -> tuple[str, ...]:
    """Return the hosts to deploy once these stacks are up: their own, and the hall's that know of members."""
    names = {stack.name for stack in stacks}
    if any(isinstance(stack, Member) for stack in stacks):
        names.add(federation.hall.name)
    found: list[str] = []
    for name in sorted(names):
        file = state.handover / f"{name}.json"
        found += [record["name"] for record in json.loads(file.read_text())] if file.exists() else []
    return tuple(found)


def what_down_deletes(state: State, stack: AnyStack, *, say: Say) -> tuple[str, ...]:
    """Return the resources that taking the stack away deletes, as `kind name`.

    Raises: RolloutError for the hall while other stacks stand on it.
    """
    if isinstance(stack, Hall):
        standing = sorted(file.stem for file in state.handover.glob("*.json") if file.stem != stack.name)
        if standing:
            raise RolloutError(
                f"{stack.name} carries {', '.join(standing)}: take these down first (samdrift down {standing[0]})"
            )
    engine = Engine(state, _prepared(state, say=say))
    kept = ("pulumi:", "samdrift:")
    return tuple(
        f"{one['type'].rsplit(':', 1)[-1].removesuffix('Legacy')} {one['urn'].rsplit('::', 1)[-1]}"
        for one in engine.deployment(stack.name).get("resources", ())
        if not one["type"].startswith(kept)
    )


def lower_stack(state: State, stack: AnyStack, *, say: Say) -> Changes:
    """Delete the stack's resources and forget it and its hosts' keys; `hosts_after` says who must hear of it."""
    engine = Engine(state, _prepared(state, say=say))
    with state.locked(f"stack-{stack.name}"):
        engine.mend(stack.name, say=say)
        changes = engine.run(stack.name, "destroy", say=say)
        engine.remove(stack.name)
        handover = state.handover / f"{stack.name}.json"
        if handover.exists():
            forget_host_keys(state, {record["name"] for record in json.loads(handover.read_text())})
            handover.unlink()
    return changes


def shut_accounts(state: State, stack: AnyStack, *, say: Say) -> None:
    """Let the guard against broken registers know that this member's people leave all at once since it has left.

    Raises: RolloutError where that could not be said.
    """
    if not isinstance(stack, Member):
        return
    for host in (one["name"] for one in records(state) if "accounts" in one["roles"]):
        reason = f"{stack.key} has left the federation"
        line = shlex.join(["samdrift-accounts", "apply", "--member", stack.key, "--left", "--override", reason])
        try:
            say(f"accounts of {stack.key}: {run(state, host, line).splitlines()[-1]}")
        except RecoveryError as error:
            raise RolloutError(
                f"{stack.name} is down, and its people's accounts still live: {error}; "
                f"samdrift accounts apply -m {stack.key} --override {reason!r} shuts them"
            ) from error


def _prepared(state: State, *, say: Say) -> dict[str, str]:
    if not knows_hypervisor(state):
        # Before the engine knows a stack: a state folder with stacks in it is no lab's any more.
        raise RolloutError(NO_HYPERVISOR)
    for key in (ENGINEER_KEY, VAULT_KEY):
        state.open().ssh_key(key)
    return environment(state, say=say)
