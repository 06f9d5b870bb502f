"""Stack policies judge guests whose outputs no preview knows, by what was declared for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulumi_policy import ResourceValidationArgs, StackValidationArgs

from samdrift_policies import backup, inputs
from tests.policies.subject import resource


@pytest.fixture(autouse=True)
def _stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMDRIFT_STACKS", str(Path(__file__).parent / "stacks"))
    monkeypatch.setattr(inputs, "_inputs", {})


def _messages(changes: dict[str, object]) -> list[str]:
    """Judge a guest's backup after its inputs were seen, with outputs as empty as in a stack's first preview."""
    guest = resource("container", stack="fed.alfa", changes=changes)
    job = resource("job", stack="fed.alfa", changes={})
    for one in (guest, job):
        inputs.remember(
            ResourceValidationArgs(one.resource_type, one.props, one.urn, one.name, one.opts, None), _ignore
        )
    guest.props = {}
    found: list[str] = []

    def report(message: str, urn: str | None = None) -> None:
        found.append(message)

    backup.guest_in_backup_job.validate(StackValidationArgs([guest, job]), report)
    return found


def _ignore(message: str, urn: str | None = None) -> None:
    """Take no notice."""


def test_guest_without_outputs_passes_by_its_inputs() -> None:
    assert _messages({}) == []


def test_guest_without_outputs_is_found_by_its_inputs() -> None:
    assert ["alfa-adm" in message for message in _messages({"poolId": "elsewhere"})] == [True]
