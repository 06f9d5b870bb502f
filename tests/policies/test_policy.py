"""Every policy against its cases: `cases/<policy>.yaml`, each with resources, a verdict, and words of the message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from samdrift.standard import catalogue
from samdrift_policies import POLICIES, inputs
from tests.policies.subject import resource

HERE = Path(__file__).parent
CASES: list[tuple[Policy, dict[str, Any]]] = [
    (policy, case)
    for policy in POLICIES
    for case in yaml.safe_load((HERE / "cases" / f"{policy.name}.yaml").read_text())
]


@pytest.fixture(autouse=True)
def _stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMDRIFT_STACKS", str(HERE / "stacks"))
    monkeypatch.setattr(inputs, "_inputs", {})  # no case meets what another one's resources were


def _judge(policy: Policy, case: dict[str, Any]) -> list[str]:
    found: list[str] = []

    def report(message: str, urn: str | None = None) -> None:
        found.append(message)

    stack = case.get("stack", "fed.alfa")
    subjects = [resource(one["kind"], stack=stack, changes=one.get("with", {})) for one in case["resources"]]
    if isinstance(policy, StackValidationPolicy):
        policy.validate(StackValidationArgs(subjects), report)
    elif isinstance(policy, ResourceValidationPolicy):
        for one in subjects:
            policy.validate(
                ResourceValidationArgs(one.resource_type, one.props, one.urn, one.name, one.opts, None), report
            )
    return found


@pytest.mark.parametrize(("policy", "case"), CASES, ids=[f"{policy.name}: {case['case']}" for policy, case in CASES])
def test_policy_says_what_the_case_expects(policy: Policy, case: dict[str, Any]) -> None:
    if case["verdict"] == "unknown":
        # The engine turns this into its advisory note and asks again when the value is known.
        with pytest.raises(UnknownValueError):
            _judge(policy, case)
        return
    found = _judge(policy, case)
    assert bool(found) == (case["verdict"] == "violates"), found
    for words in case.get("says", []):
        assert any(words in message for message in found), found


@pytest.mark.parametrize("policy", POLICIES, ids=[policy.name for policy in POLICIES])
def test_policy_has_a_case_of_each_kind(policy: Policy) -> None:
    verdicts = {case["verdict"] for of, case in CASES if of is policy}
    assert verdicts == {"violates", "passes", "unknown"}


@pytest.mark.parametrize("policy", POLICIES, ids=[policy.name for policy in POLICIES])
def test_policy_belongs_to_a_requirement_and_helps(policy: Policy) -> None:
    assert policy.framework is not None
    assert policy.framework.reference in catalogue.load().ids
    assert policy.description.startswith(("Checks that", "Prohibits"))
    assert policy.severity is not None and policy.remediation_steps
    assert policy.url is not None and (HERE.parents[1] / policy.url).is_file()
    assert policy.enforcement_level in (None, EnforcementLevel.MANDATORY)


def test_every_case_file_is_a_policy() -> None:
    assert {file.stem for file in (HERE / "cases").glob("*.yaml")} == {policy.name for policy in POLICIES}
