"""`samdrift check`: every stack judged without a hypervisor."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from samdrift.check import check_stack, check_stacks, exit_code
from samdrift.judgement import policies
from tests.components.recording import STACKS


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    """A copy of the default stack files that a test may spoil."""
    return Path(shutil.copytree(STACKS, tmp_path / "stacks"))


def _spoil(stacks: Path, old: str, new: str) -> None:
    file = stacks / "Pulumi.ystad-osterlen.hall.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_default_federation_is_right_in_every_rule() -> None:
    results = check_stacks(STACKS, federation="ystad-osterlen")
    assert [(r.stack, r.rule, r.findings) for r in results if not r.passed] == []
    assert exit_code(results) == 0
    rules = {r.rule for r in results if r.stack == "ystad-osterlen.ystad"}
    assert rules == {"stack-file", "program-declares", *(policy.name for policy in policies())}
    assert "vnet-tag-unique" in {r.rule for r in results if r.stack == "ystad-osterlen"}


def test_policy_violation_is_a_finding_of_its_stack(stacks: Path) -> None:
    """A template that the schema accepts and the policy does not."""
    _spoil(stacks, "debian-13-standard_", "debian-12-standard_")
    results = check_stack(stacks, "ystad-osterlen.ystad")
    wrong = [r for r in results if not r.passed]
    assert [r.rule for r in wrong] == ["guest-template-approved"] and wrong[0].requirement == "SEC-03"
    assert sorted(finding.subject for finding in wrong[0].findings) == ["ystad-adm", "ystad-gw", "ystad-ped"]
    assert exit_code(results) == 1


def test_mistakes_in_a_file_are_all_told_with_their_places(stacks: Path) -> None:
    _spoil(stacks, 'ula: "5a6d64"', 'ula: "xyz"')
    _spoil(stacks, "outside: true", "outside: perhaps")
    results = check_stack(stacks, "ystad-osterlen.ystad")
    assert [r.rule for r in results] == ["stack-file"]
    assert len(results[0].findings) == 2
    assert all("Pulumi.ystad-osterlen.hall.yaml:" in finding.subject for finding in results[0].findings)
    assert exit_code(results) == 1


def test_unknown_stack_is_refused() -> None:
    with pytest.raises(LookupError, match="ystad-osterlen"):
        check_stack(STACKS, "ystad-osterlen.malmo")


def test_nothing_checked_is_no_success() -> None:
    assert exit_code(()) == 1
