"""The inventory from before a member joined, and the gate: nothing is switched on before what it replaces is mapped."""

from pathlib import Path

import pytest

from samdrift.federation import catalogue
from samdrift.federation.inventory import instances, is_mapped, unmapped
from samdrift.federation.record import InventoryItem
from tests.unit.sample import change, copied, default_federation, mistakes_of

TWELVE = tuple(catalogue.CATEGORIES)[:12]
FILE = "inventory/ystad.yaml"
PLAN = "    decided_by: federation's plan\n"
DIRECTORY_ROW = f"    decision: replace\n{PLAN}    target_service: directory\n"


def item(**facts: object) -> InventoryItem:
    plain = {"id": "one", "category": "directory-service", "source": "made for this test", "confidence": "unknown"}
    return InventoryItem.model_validate({**plain, **facts})


def test_each_member_states_the_twelve_of_its_own_and_guesses_nothing() -> None:
    for member in default_federation().members:
        stated = [row for row in member.inventory if row.confidence == "stated"]
        assert sorted(row.category for row in stated) == sorted(TWELVE)
        for row in member.inventory:
            assert (row.product, row.version, row.site, row.hosts) == ("unknown",) * 4
            assert (row.contract_end, row.yearly_cost, row.users) == ("unknown",) * 3
    counts = instances(default_federation().members)
    assert sum(counts[category] for category in TWELVE) == 36


@pytest.mark.parametrize(
    ("facts", "mapped"),
    [
        ({}, False),
        ({"decision": "replace", "target_service": "directory"}, False),
        ({"decision": "replace", "decided_by": "the board", "target_service": "directory"}, True),
        ({"decision": "keep", "decided_by": "the board"}, False),
        ({"decision": "keep", "decided_by": "the board", "target_service": "directory"}, True),
        ({"decision": "retire", "decided_by": "the board"}, True),
        ({"decision": "exception", "decided_by": "the board"}, False),
        ({"decision": "exception", "decided_by": "the board", "reason": "run by its supplier"}, True),
    ],
)
def test_row_is_mapped_by_a_decision_somebody_made(facts: dict[str, str], mapped: bool) -> None:
    assert is_mapped(item(**facts)) is mapped
    assert bool(unmapped([item(**facts)], "directory")) is not mapped


def test_a_category_without_rows_shuts_the_gate() -> None:
    assert unmapped([], "workplace") == ("the inventory has no row of category workplaces",)


def test_one_row_of_several_that_is_not_mapped_shuts_the_gate() -> None:
    good = item(decision="retire", decided_by="the board")
    assert unmapped([good, item(id="two")], "directory") == ("row two (directory-service) is not mapped",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (DIRECTORY_ROW, "", "row ystad-directory-service (directory-service) is not mapped"),
        ("    category: directory-service\n", "    category: intranet\n", "no row of category directory-service"),
    ],
)
def test_loader_refuses_a_service_whose_rows_are_not_mapped(tmp_path: Path, old: str, new: str, said: str) -> None:
    stacks = copied(tmp_path)
    change(stacks, FILE, old, new)
    (mistake,) = mistakes_of(stacks)
    assert mistake.file == "stacks/Pulumi.ystad-osterlen.ystad.yaml"
    assert mistake.key == "config.samdrift:stack.services[0]"
    assert said in mistake.accepted


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("category: mail-system", "category: mail-sistem", "items[4].category", "did you mean mail-system?"),
        ("service: directory", "service: directry", "items[12].target_service", "did you mean directory?"),
        ("id: ystad-firewall", "id: ystad-spam-filter", "items[5].id", "each id once"),
        (DIRECTORY_ROW, DIRECTORY_ROW.replace(PLAN, ""), "items[12].decided_by", "who decided"),
        ("member: ystad", "member: tomelilla", "member", "ystad, as the file's name"),
        ("confidence: stated", "confidence: certain", "items[0].confidence", "'stated', 'implied' or 'unknown'"),
        ("owner: Ystad\n", "owner: Ystad\n    contract_end: soon\n", "items[0].contract_end", "unknown"),
    ],
)
def test_mistake_in_a_row_is_reported_with_its_key(tmp_path: Path, old: str, new: str, key: str, said: str) -> None:
    stacks = copied(tmp_path)
    change(stacks, FILE, old, new)
    found = {mistake.key: mistake for mistake in mistakes_of(stacks) if mistake.file == f"stacks/{FILE}"}
    assert said in found[key].accepted
    assert found[key].line > 0


def test_member_without_an_inventory_is_refused(tmp_path: Path) -> None:
    stacks = copied(tmp_path)
    (stacks / FILE).unlink()
    assert any(mistake.file == f"stacks/{FILE}" and mistake.found == "no such file" for mistake in mistakes_of(stacks))
