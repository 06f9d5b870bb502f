"""Judge what rehearsed stacks declare by the policy pack, with the pack's own functions. Run as a process of its own.

`python -m samdrift.judgement STACKS_DIR STACK...` prints a JSON list of outcomes: one per stack and policy, and one per
stack for the rehearsal itself. The hall is rehearsed too where it is not asked for: the others read its outputs.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pulumi_policy import (
    Policy,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.policy import PolicyCustomTimeouts

from samdrift.rehearsal import Rehearsal, rehearse
from samdrift.state import REPOSITORY

ACROSS_STACKS = ("vnet-tag-unique",)
"""Stack policies that also hold for all stacks of the federation together: one trunk carries them all."""


@dataclass(frozen=True)
class Violation:
    """One thing that is wrong: the resource's URN (empty: the stack as a whole) and a sentence."""

    subject: str
    message: str


@dataclass(frozen=True)
class Outcome:
    """What one rule says about one stack (or, by its federation's name, about all of them)."""

    stack: str
    rule: str
    requirement: str
    severity: str
    description: str
    violations: tuple[Violation, ...] = ()


def policies() -> tuple[Policy, ...]:
    """Return the pack's policies, loaded from the repository's `policies/`."""
    folder = str(REPOSITORY / "policies")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    found: tuple[Policy, ...] = importlib.import_module("samdrift_policies").POLICIES
    return found


def judge(name: str, rehearsals: Sequence[Rehearsal], pack: Iterable[Policy]) -> Iterator[Outcome]:
    """Yield an outcome per policy on the resources of one stack, or of several taken together."""
    resources = [_resource(one) for rehearsal in rehearsals for one in rehearsal.resources]
    for policy in pack:
        found: list[Violation] = []
        if isinstance(policy, StackValidationPolicy):
            policy.validate(StackValidationArgs(resources), _reporter(found, ""))
        elif isinstance(policy, ResourceValidationPolicy):
            for one in resources:
                arguments = ResourceValidationArgs(one.resource_type, one.props, one.urn, one.name, one.opts, None)
                policy.validate(arguments, _reporter(found, one.urn))
        yield _outcome(name, policy, found)


def judged(stacks: Path, names: Sequence[str]) -> Iterator[Outcome]:
    """Rehearse and judge the named stacks of one federation."""
    pack = policies()
    outputs: dict[str, Mapping[str, Any]] = {}
    done: list[Rehearsal] = []
    hall = f"{names[0].partition('.')[0]}.hall"
    for name in dict.fromkeys((hall, *names)):
        violations: tuple[Violation, ...] = ()
        try:
            rehearsal = rehearse(name, stacks=stacks, others=outputs)
        except Exception as error:
            violations = (Violation("", f"{type(error).__name__}: {error}"),)
        else:
            outputs[name] = rehearsal.outputs
            done.append(rehearsal)
        if name in names:
            yield Outcome(name, "program-declares", "ONB-02", "critical", "The program runs to its end.", violations)
            if not violations:
                yield from judge(name, [rehearsal], pack)
    yield from judge(hall.partition(".")[0], done, [policy for policy in pack if policy.name in ACROSS_STACKS])


def _resource(one: Any) -> PolicyResource:
    options = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [], one.parent or None)
    return PolicyResource(one.type, one.props, one.urn, one.name, options, None, None, [], {})


def _reporter(found: list[Violation], subject: str) -> Callable[[str, str | None], None]:
    def report(message: str, urn: str | None = None) -> None:
        found.append(Violation(urn or subject, message))

    return report


def _outcome(stack: str, policy: Policy, found: Sequence[Violation]) -> Outcome:
    requirement = (policy.framework.reference if policy.framework else None) or ""
    severity = policy.severity.value if policy.severity else ""
    return Outcome(stack, policy.name, requirement, severity, policy.description, tuple(dict.fromkeys(found)))


if __name__ == "__main__":
    where, *asked = sys.argv[1:]
    os.environ["SAMDRIFT_STACKS"] = where  # the pack reads the same stack files
    json.dump([asdict(one) for one in judged(Path(where), asked)], sys.stdout)
