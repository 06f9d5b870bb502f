"""A whole cycle over a directory in memory: a member that has left, whose people leave in a crowd."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from samdrift.federation import entitlement
from samdrift.identity import __main__ as command
from samdrift.identity import cycle
from tests.unit.registers import NOW, SECRET, Memory, export, row, rules

CROWD = 30


@pytest.fixture
def there(tmp_path: Path) -> tuple[Memory, dict[str, Any]]:
    """Two members with a crowd of staff each, all of them in the directory, and the settings of the host."""
    members: list[dict[str, Any]] = [
        {"key": key, "name": key.capitalize(), "domain": f"{key}.example", "school": None, "sample": True}
        for key in ("tomelilla", "ystad")
    ]
    for member in members:
        folder = tmp_path / "registers" / member["key"] / "hr"
        folder.mkdir(parents=True)
        (folder / "hr.csv").write_bytes(export(*(row(id=f"s{number}") for number in range(CROWD))))
    (tmp_path / "state").mkdir()
    facts: dict[str, Any] = {
        **{"domain": "ad.osterlen.example", "hosts": [], "user": "", "password": "", "person_key": SECRET},
        **{"ca_file": "", "members": members, "rules": entitlement.rules()},
        **{"registers": str(tmp_path / "registers"), "state": str(tmp_path / "state")},
    }
    memory = Memory()
    assert cycle.run(cycle.Config(**facts), memory, now=NOW, applying=True).good
    assert living(memory) == {"tomelilla": CROWD, "ystad": CROWD}
    return memory, facts | {"members": members[1:]}


def living(memory: Memory) -> dict[str, int]:
    """Return member -> accounts that open something."""
    found = dict.fromkeys(sorted({one.member for one in memory.accounts.values()}), 0)
    for one in memory.accounts.values():
        found[one.member] += one.enabled
    return found


def test_a_member_that_is_not_there_any_more_is_a_crowd_too(there: tuple[Memory, dict[str, Any]]) -> None:
    """The settings may be at fault as any register may: nobody is shut without a reason."""
    memory, facts = there
    outcome = cycle.run(cycle.Config(**facts), memory, now=NOW, applying=True)
    assert list(outcome.guarded) == ["tomelilla"]
    assert living(memory) == {"tomelilla": CROWD, "ystad": CROWD}


def test_who_has_left_is_shut_for_a_reason_and_deleted_without_another(
    there: tuple[Memory, dict[str, Any]], tmp_path: Path
) -> None:
    memory, facts = there
    config = cycle.Config(**facts)
    outcome = cycle.run(config, memory, now=NOW, applying=True, only="tomelilla", override="it has left")
    assert outcome.good
    assert living(memory) == {"tomelilla": 0, "ystad": CROWD}
    assert "it has left" in (tmp_path / "state/journal.jsonl").read_text()
    over = NOW + timedelta(days=rules().retention_days + 2)
    assert cycle.run(config, memory, now=over, applying=True).good
    assert living(memory) == {"ystad": CROWD}


def test_an_unknown_member_is_named_beside_those_there_are(there: tuple[Memory, dict[str, Any]]) -> None:
    memory, facts = there
    before = json.dumps({name: str(one) for name, one in memory.accounts.items()})
    with pytest.raises(LookupError, match="no member 'tomelila'; there are: tomelilla, ystad"):
        cycle.run(cycle.Config(**facts), memory, now=NOW, applying=True, only="tomelila", override="it has left")
    assert json.dumps({name: str(one) for name, one in memory.accounts.items()}) == before


@pytest.mark.parametrize(("options", "status"), [((), 2), (("--left",), 0)])
def test_a_member_that_left_before_it_had_accounts_is_no_fault(
    there: tuple[Memory, dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    status: int,
) -> None:
    memory, facts = there
    (tmp_path / "accounts.json").write_text(json.dumps(facts))
    monkeypatch.setattr(command, "Directory", lambda *_, **__: memory)
    config = str(tmp_path / "accounts.json")
    words = ["apply", "--member", "provkoping", "--override", "it has left", "--config", config]
    monkeypatch.setattr("sys.argv", ["samdrift-accounts", *words, *options])
    assert command.main() == status
    assert living(memory) == {"tomelilla": CROWD, "ystad": CROWD}
