"""ONB-02: a municipality joins by its file alone, and leaves again, and nobody else notices."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from samdrift.compliance.evidence import Evidence
from samdrift.compliance.run import run_checks
from samdrift.compliance.target import confirm
from samdrift.engine import Engine
from samdrift.environment import environment
from samdrift.federation import catalogue as services
from samdrift.federation.load import load_federation
from samdrift.hypervisor import Hypervisor
from samdrift.standard import catalogue
from tests.checks.scene import Scene
from tests.checks.service import looks_of, shared_services
from tests.checks.verb import verb
from tests.checks.watch import first

ADDS_ONLY = {"create", "same", "read"}


@pytest.mark.requirement("ONB-02")
def test_onb_02_new_member_by_configuration_alone(scene: Scene, evidence: Evidence, tmp_path: Path) -> None:
    """The next municipality must not be a project: what joins by hand cannot be promised to the one after it."""
    confirm(scene.state)  # a real hall is no place for a municipality that does not exist
    stacks = scene.state.root / "joining"
    leave_of_last_time(scene, stacks)
    shutil.copytree(scene.state.stacks, stacks)
    key = write_answers(scene, tmp_path / "answers.yaml")
    around = {"SAMDRIFT_STACKS": str(stacks)}
    others = [one.name for one in scene.federation.stacks]
    with undisturbed(scene, evidence) as lost:
        verb("onboard", "--from", str(tmp_path / "answers.yaml"), around=around)
        stack = load_federation(stacks).stack(key).name
        try:
            made = yaml.safe_load(verb("up", key, "--json", around=around))
            evidence.note(f"{key} joined: {made['stacks'][stack]}")
            assert set(made["stacks"]) == {stack}, f"joining ran the stacks {sorted(made['stacks'])}"
            assert set(made["stacks"][stack]) <= ADDS_ONLY, f"joining did more than add: {made['stacks'][stack]}"
            assert not (moved := changed_stacks(scene, others, around)), first(moved)
            assert not (missed := lost()), f"others lost requests while {key} joined: {first(missed)}"
            passes_every_check(scene, key, evidence, around)
            evidence.control(f"{key} has people who may sign in", alive=bool(living(scene, key)))
        finally:
            verb("down", key, "--yes", around=around)
    left = [
        one["name"] for one in Hypervisor.named(variables(scene, around)).call("GET", "/cluster/resources", type="vm")
    ]
    assert not (residue := [name for name in left if name.startswith(f"{key}-")]), f"left behind: {residue}"
    assert not (moved := changed_stacks(scene, others, {})), first(moved)
    assert not (staying := living(scene, key)), f"may still sign in: {first(staying)}"
    verb("accounts", "plan", around={})  # ends badly where its people are a crowd that is held back
    shutil.rmtree(stacks)


def living(scene: Scene, key: str) -> list[str]:
    """Name the member's accounts in the directory that are not shut."""
    command = ["samba-tool", "user", "list", "--hide-disabled"]
    done = scene.station("dc1").ask("shell.run", command=command, patience=60.0)
    if done["code"] != 0:
        raise OSError(f"dc1 lists no accounts: {done['err']}")
    return [name for name in str(done["out"]).split() if name.startswith(f"{key}.")]


def leave_of_last_time(scene: Scene, stacks: Path) -> None:
    """Take away the member of a run that was cut off; its file lies where that run put it, so that it can leave."""
    if stacks.exists():
        declared = {one.name for one in scene.federation.stacks}
        for stack in load_federation(stacks).stacks:
            if stack.name not in declared and (scene.state.handover / f"{stack.name}.json").exists():
                verb("down", stack.key, "--yes", around={"SAMDRIFT_STACKS": str(stacks)})
        shutil.rmtree(stacks)


def write_answers(scene: Scene, file: Path) -> str:
    """Answer the questions of onboarding for a synthetic municipality that nobody has met; return its key."""
    code = str(random.choice(range(3001, 3008)))
    key = f"prov{code[-1]}"
    row = {"source": "A generated member has no systems", "confidence": "stated", "decision": "replace"}
    replaced = [(name, one) for name in services.OFFERED for one in services.BY_NAME[name].replaces]
    answers = {
        "name": f"Prov {code[-1]}",
        "code": code,
        "synthetic": True,
        "key": key,
        "domain": f"{key}.example",
        "orderer": {"title": "IT-strateg", "mail": f"bestallare@{key}.example"},
        "services": list(services.OFFERED),
        "people": {"staff": 5, "pupils": 20},
        "inventory": [{"category": c, "target_service": s, "decided_by": "the check", **row} for s, c in replaced],
    }
    file.write_text(yaml.safe_dump(answers, allow_unicode=True))
    assert key not in [one.key for one in scene.members], f"{key} is a member already"
    return key


@contextmanager
def undisturbed(scene: Scene, evidence: Evidence) -> Iterator[Callable[[], list[str]]]:
    """Let every workplace of the existing members use shared services without a pause; a lost request is a finding.

    Yields what asks for the requests that are lost until now: a join that harmed others need not be looked at further.
    """
    sites = [scene.at(name) for name, guest in scene.guests.items() if "workplace" in guest.roles]
    evidence.need(100 * len(sites))
    for site in sites:
        looks = looks_of(scene, site)
        site.station.ask("steady.start", name="join", targets=shared_services(scene), looks=looks)
    try:
        yield lambda: unanswered({site.name: site.station.ask("steady.lost", name="join") for site in sites})
    finally:
        told = {site.name: site.station.ask("steady.stop", name="join", patience=60.0) for site in sites}
        for name, one in told.items():
            evidence.case(one["sent"])
            evidence.control(f"{name} was answered before and after", alive=len(one["lost"]) < one["sent"])
        sent, slowest = sum(one["sent"] for one in told.values()), max(one["slowest"] for one in told.values())
        evidence.note(f"{len(sites)} workplaces of the others sent {sent} requests, the slowest took {slowest} s")
        missed = unanswered({name: one["missed"] for name, one in told.items()})
        evidence.note(f"{len(missed)} that one host missed were answered by the other: {first(missed) or 'none'}")
        lost = unanswered({name: one["lost"] for name, one in told.items()})
    assert not lost, f"{len(lost)} requests of others were lost: {first(lost)}"


def unanswered(told: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """Say each request that a host did not answer, by the workplace that sent it, when, and what became of it."""
    return [
        f"{name} at {one['name']} {one['address']} {one['protocol']}/{one['port']}: {one['result']}, "
        f"asked at {time.strftime('%H:%M:%S', time.localtime(one['at']))}"
        for name, all_ in told.items()
        for one in all_
    ]


def variables(scene: Scene, around: dict[str, str]) -> dict[str, str]:
    """Return the engine's environment with the stack files in use."""
    return {**environment(scene.state, say=lambda _: None), **around}


def changed_stacks(scene: Scene, stacks: list[str], around: dict[str, str]) -> list[str]:
    """Preview every other stack with the new member's file present: nothing may change."""
    engine = Engine(scene.state, variables(scene, around))
    with ThreadPoolExecutor(3) as together:
        previews = list(together.map(lambda stack: engine.run(stack, "preview", say=lambda _: None), stacks))
    return [f"{one.stack} would change: {dict(one.operations)}" for one in previews if one.changed]


def passes_every_check(scene: Scene, key: str, evidence: Evidence, around: dict[str, str]) -> None:
    """Run every check that says something of the new member, in a process of its own; this one left out."""
    proven = [one.of_members() for one in catalogue.load().requirements if not one.trial and one.id != "ONB-02"]
    chosen = [one for one in proven if one.tests]
    results = run_checks(state=scene.state, requirements=chosen, stack=key, environment=around, log=f"verify-{key}.log")
    evidence.case(len(results))
    evidence.note(f"{key}: {', '.join(f'{one.requirement} {one.verdict.value}' for one in results)}")
    seen = {one.requirement for one in results}
    assert seen == {one.id for one in chosen}, f"no result for {sorted({one.id for one in chosen} - seen)}"
    red = [one for one in results if one.verdict.is_red]
    assert not red, first(f"{one.requirement} for {one.subject}: {'; '.join(one.reasons[:3])}" for one in red)
