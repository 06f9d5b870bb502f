"""Run the checks of the standard on a running platform and merge what they found."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from samdrift.check import CheckError, check_stacks
from samdrift.compliance import outcome, stop
from samdrift.compliance.lane import BESIDE, longest_first, run_beside, taken
from samdrift.compliance.report import Finding, Report
from samdrift.compliance.result import Result, observe, read, write
from samdrift.compliance.verdict import Verdict, merge
from samdrift.federation.load import load_federation
from samdrift.standard import catalogue
from samdrift.standard.requirement import Requirement, Stage
from samdrift.state import State, StateError

LAST_RESULTS = Path("results/verify.jsonl")


def verify(
    *,
    state: Path,
    stack: str | None = None,
    ids: Collection[str] | None = None,
    extra: Sequence[Result] | None = None,
    environment: Mapping[str, str] | None = None,
    say: Callable[[str], None] | None = None,
) -> Report:
    """Check the selected requirements (None: all) on the platform of this state folder and return the report.

    `stack` limits the subjects to one member. `extra` are results from elsewhere; None asks the policies, for the stack
    files in use. Raises StandardError for an unknown id, LookupError for an unknown stack, StateError where nothing is
    up that could be checked. The checks' own output goes to logs/verify.log.
    """
    selected = catalogue.load().select(ids)
    place = State.at(state)
    if stack:
        federation = load_federation(place.stacks)
        stack = federation.stack(stack).name
        if stack not in (members := [one.name for one in federation.members]):
            raise StateError(f"{stack} is no member, and checks have members as subjects: {', '.join(members)}")
    if any(one.tests for one in selected) and not any(place.handover.glob(f"{stack or '*'}.json")):
        what = f"{stack} is not up" if stack else "nothing is up"
        raise StateError(f"{what} in {place.root}: there is nothing to check")
    begun = time.monotonic()
    others = policy_results(place.stacks, requirements=selected) if extra is None else tuple(extra)
    # A check on trial is run by who names it.
    run = [one for one in selected if ids or not one.trial]
    found = run_checks(state=place, requirements=run, stack=stack, environment=environment, say=say)
    now = datetime.now(tz=UTC)
    report = Report(
        platform=place.name,
        findings=tuple(find(one, results=(*found, *others), now=now) for one in selected),
        at=now,
        seconds=round(time.monotonic() - begun, 1),
        standard_version=catalogue.load().version,
        log=str(place.logs / "verify.log"),
        outcomes=outcome.read(place.root / outcome.LAST_OUTCOMES),
        stops=stop.read(place.root / stop.LAST_STOPS),
    )
    asked = {one.id for one in selected}
    kept = [one for one in read(place.root / LAST_RESULTS) if one.requirement not in asked]
    write([*kept, *report.results], place.root / LAST_RESULTS)
    return report


def policy_results(stacks: Path, *, requirements: Sequence[Requirement]) -> tuple[Result, ...]:
    """Ask the policies of these requirements what they say of the stack files, a result per stack and policy."""
    if not any(one.policies for one in requirements):
        return ()
    wanted = {(one.id, policy) for one in requirements for policy in one.policies}
    try:
        said = check_stacks(stacks)
    except CheckError as error:
        return tuple(
            observe(one, subject="federation", verdict=Verdict.DNF, evidence=(str(error),), check=policy)
            for one, policy in sorted(wanted)
        )
    return tuple(
        observe(
            one.requirement,
            subject=one.stack,
            verdict=Verdict.PASS if one.passed else Verdict.FAIL,
            evidence=tuple(f"{f.subject}: {f.message}" for f in one.findings)
            or (f"before deployment: {one.description}",),
            check=one.rule,
            cases=1,
        )
        for one in said
        if (one.requirement, one.rule) in wanted
    )


def run_checks(
    *,
    state: State,
    requirements: Sequence[Requirement],
    stack: str | None = None,
    environment: Mapping[str, str] | None = None,
    say: Callable[[str], None] | None = None,
    log: str = "verify.log",
    until_red: bool = False,
) -> tuple[Result, ...]:
    """Run the checks of these requirements in processes of their own and return what they wrote down.

    Output is kept as `log` among the installation's logs. With `until_red` each process ends at its first red check.
    """
    state.logs.mkdir(parents=True, exist_ok=True)
    output = state.logs / log
    output.write_text("")
    options = ["--exitfirst"] if until_red else []
    options += ["--members", stack.rpartition(".")[2]] if stack else []
    checked = [one for one in requirements if one.tests]
    wanted = longest_first(checked, seconds=taken(read(state.root / LAST_RESULTS)))
    environ = {**os.environ, "SAMDRIFT_STATE": str(state.root), "SAMDRIFT_LAB": state.name, **(environment or {})}
    lanes = min(BESIDE, len(wanted))
    return run_beside(wanted, lanes=lanes, environment=environ, options=options, log=output, say=say)


def find(requirement: Requirement, *, results: Sequence[Result], now: datetime) -> Finding:
    """Merge what is known about one requirement; whatever its record names and nobody executed is said aloud."""
    own = [one for one in results if one.requirement == requirement.id and not one.is_expired(now)]
    gone = {one.check for one in results if one.requirement == requirement.id and one.is_expired(now)}
    executed = {one.check for one in own}
    for test in requirement.tests:
        if test not in executed and not requirement.trial:
            own.append(_state(requirement, Verdict.DNF, f"the check {test} left no result", check=test, now=now))
    for policy in requirement.policies:
        if policy not in executed:
            why = "its result has expired" if policy in gone else "it has not been run"
            sentence = f"the policy {policy} says nothing: {why}; see `samdrift check`"
            own.append(_state(requirement, Verdict.UNPROVEN, sentence, check=policy, now=now))
    own += [
        _state(requirement, Verdict.UNPROVEN, f"not checked yet: {one}", now=now) for one in requirement.open_clauses
    ]
    if requirement.trial:
        sentence = f"its checks are on trial: samdrift verify -r {requirement.id} runs them"
        own.append(_state(requirement, Verdict.UNPROVEN, sentence, now=now))
    if requirement.stage is not Stage.PREVIEW and not requirement.tests:
        own.append(_state(requirement, Verdict.UNPROVEN, "no check on the running platform is executed yet", now=now))
    if not own:
        own.append(_state(requirement, Verdict.UNPROVEN, "no check is executed yet", now=now))
    verdict = merge(own[0].verdict, *(one.verdict for one in own[1:]))
    return Finding(requirement=requirement, verdict=verdict, results=tuple(own))


def _state(requirement: Requirement, verdict: Verdict, sentence: str, *, now: datetime, check: str = "") -> Result:
    return observe(requirement.id, subject="federation", verdict=verdict, evidence=(sentence,), check=check, at=now)
