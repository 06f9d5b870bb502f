"""The standard's records, and that documents, checks, policies and sabotages name each other exactly."""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from samdrift.standard import catalogue
from samdrift.standard.requirement import Level, Requirement, Stage

ROOT = Path(__file__).resolve().parents[2]
STANDARD = catalogue.load()
FIRST_NINETY = "b3d55dc64674e2f01a94f6f5e4b608fd562d6b6ef1df3606a2d1a9cb2b345032"


def test_ninety_requirements_with_all_their_fields() -> None:
    assert len(STANDARD.requirements) == len(set(STANDARD.ids)) >= 90
    for one in STANDARD.requirements:
        assert one.statement.endswith("."), one.id
        assert one.method.endswith("."), one.id
        assert "today" in one.source or "§" in one.source or "Fig." in one.source, one.id
    assert len({one.statement for one in STANDARD.requirements}) == len(STANDARD.requirements)


def test_issued_ids_only_grow() -> None:
    """An id in a signed agreement must mean the same for ever: the first ninety are fixed, others come after them."""
    issued = catalogue.issued()
    assert len(set(issued)) == len(issued)
    assert hashlib.sha256(" ".join(issued[:90]).encode()).hexdigest() == FIRST_NINETY


def test_levels_and_tiers_are_the_agreed_ones() -> None:
    """Of the first ninety, which are the agreed ones; who adds another adds its level with it."""
    first = set(catalogue.issued()[:90])
    found = [one for one in STANDARD.requirements if one.id in first]
    assert sum(one.level is Level.SHALL for one in found) == 72
    assert [sum(one.tier == tier for one in found) for tier in (1, 2, 3)] == [37, 39, 14]


def test_threshold_is_found_by_name_and_missed_with_a_sentence() -> None:
    assert STANDARD.by_id("SEC-03").threshold("security fix age") == 14
    with pytest.raises(KeyError, match="SEC-03 has no threshold 'age'"):
        STANDARD.by_id("SEC-03").threshold("age")


def test_unknown_id_is_refused() -> None:
    with pytest.raises(catalogue.StandardError, match="NET-99 is not a requirement"):
        STANDARD.select(["NET-01", "NET-99"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "net-1"}, "id"),
        ({"level": "may"}, "level"),
        ({"tier": 4}, "tier"),
        ({"owner": "x"}, "owner"),
        ({"checks": [{"policy": "a-b", "test": "test_net_01_x"}]}, "one of them only"),
        ({"checks": [{"policy": "a-b", "hall": True}]}, "is of the hall"),
        ({"checks": [{"test": "test_net_02_x"}]}, "must begin with"),
        ({"stage": "preview", "checks": [{"test": "test_net_01_x"}]}, "other stage"),
        ({"checks": [], "sabotages": [{"name": "a", "change": "some change"}]}, "needs a check"),
        ({"statement": "  "}, "statement"),
    ],
)
def test_wrong_records_are_refused(change: dict[str, object], words: str) -> None:
    right = STANDARD.by_id("NET-01").model_dump(mode="json")
    assert Requirement.model_validate(right) == STANDARD.by_id("NET-01")
    with pytest.raises(ValidationError, match=words):
        Requirement.model_validate(right | change)


def functions(folder: str) -> Iterator[tuple[str, list[ast.Call]]]:
    """Yield every function of a folder with the calls that decorate it."""
    for file in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield node.name, [one for one in node.decorator_list if isinstance(one, ast.Call)]


def marked() -> list[tuple[str, str]]:
    """Return (test function, id) of every marker in the checks."""
    return [
        (name, ast.literal_eval(call.args[0]))
        for name, calls in functions("tests/checks")
        for call in calls
        if ast.unparse(call.func) == "pytest.mark.requirement"
    ]


def test_every_check_named_is_one_test_and_every_marker_is_named() -> None:
    named = [(test, one.id) for one in STANDARD.requirements for test in one.tests]
    assert sorted(named) == sorted(marked())


def test_a_check_of_the_hall_has_no_member_as_subject() -> None:
    """What is run for each member says something of each member: also of the one that joins (ONB-02)."""
    takes = {
        node.name: {one.arg for one in node.args.args}
        for file in sorted((ROOT / "tests/checks").glob("test_*.py"))
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    of_hall = {check.name for one in STANDARD.requirements for check in one.checks if check.hall}
    assert of_hall
    assert [name for name in sorted(of_hall) if "member" in takes[name]] == []


def test_checks_of_the_hall_are_none_of_a_members() -> None:
    for one in STANDARD.requirements:
        left = one.of_members()
        assert set(left.tests) == {check.test for check in one.checks if check.test and not check.hall}
        assert (left.id, left.holds, left.policies) == (one.id, one.holds, one.policies)


def test_every_check_has_a_marker() -> None:
    """A test among the checks that belongs to no requirement would never be run."""
    tests = [name for name, _ in functions("tests/checks") if name.startswith("test_")]
    assert sorted(tests) == sorted(name for name, _ in marked())


def policies() -> list[tuple[str, str]]:
    """Return (policy name, id) of every policy of the pack, without importing it."""
    found = []
    for file in sorted((ROOT / "policies" / "samdrift_policies").glob("*.py")):
        tree = ast.parse(file.read_text())
        constants = {ast.unparse(one.targets[0]): one.value for one in tree.body if isinstance(one, ast.Assign)}
        for node in ast.walk(tree):
            given = {word.arg: word.value for word in node.keywords} if isinstance(node, ast.Call) else {}
            if isinstance(framework := given.get("framework"), ast.Call):
                name = constants.get(ast.unparse(given["name"]), given["name"])
                found.append((ast.literal_eval(name), ast.literal_eval(framework.args[0])))
    return found


def test_every_policy_named_exists_and_every_policy_is_named() -> None:
    named = [(policy, one.id) for one in STANDARD.requirements for policy in one.policies]
    assert sorted(named) == sorted(policies())


def sabotaged() -> list[tuple[str, str]]:
    """Return (id, name) of every registered sabotage."""
    found = []
    for _, calls in functions("tests/sabotages"):
        for call in calls:
            if ast.unparse(call.func) == "sabotage":
                given = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
                found.append((given["requirement"], given["name"]))
    return found


def test_every_sabotage_named_is_registered_and_none_else() -> None:
    named = [(one.id, sabotage.name) for one in STANDARD.requirements for sabotage in one.sabotages]
    assert sorted(named) == sorted(sabotaged())


def test_every_requirement_checked_on_the_platform_has_two_sabotages() -> None:
    """A check that was never seen red proves nothing."""
    assert [one.id for one in STANDARD.requirements if one.tests and len(one.sabotages) < 2] == []


def test_stage_tells_where_the_checks_are() -> None:
    for one in STANDARD.requirements:
        assert bool(one.policies) == (one.stage is not Stage.PLATFORM), one.id
