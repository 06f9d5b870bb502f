"""A municipality joins by answers alone: its files are checked with all others before one of them is written."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from samdrift.federation import municipality, onboarding
from samdrift.federation.guest import guests_of
from samdrift.federation.load import load_federation
from samdrift.federation.mistake import LoadError
from tests.unit.sample import STACKS, TODAY, change, copied, default_federation

EXAMPLE = "template/example-answers.yaml"


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def typed(replies: dict[str, str]) -> Callable[..., str]:
    """A person: answers the question that begins so, and takes the default of all others."""

    def prompt(text: str, default: str = "") -> str:
        return next((reply for beginning, reply in replies.items() if text.startswith(beginning)), default)

    return prompt


def test_synthetic_fourth_member_joins_by_its_two_files_and_nobody_else_changes(tmp_path: Path) -> None:
    stacks = copied(tmp_path)
    before = load_federation(stacks, today=TODAY)
    answers = onboarding.read_answers(stacks / EXAMPLE)
    files = onboarding.write_member(answers, before, stacks, today=TODAY)
    assert [path.name for path in files] == ["Pulumi.ystad-osterlen.provkoping.yaml", "provkoping.yaml"]
    after = load_federation(stacks, today=TODAY)
    assert [member.key for member in after.members] == ["provkoping", "simrishamn", "tomelilla", "ystad"]
    assert {stack.name: guests_of(before, stack) for stack in before.stacks}.items() <= {
        stack.name: guests_of(after, stack) for stack in after.stacks
    }.items()
    assert [guest.name for guest in guests_of(after, after.members[0])] == [
        "provkoping-gw",
        "provkoping-adm",
        "provkoping-ped",
    ]


def test_every_category_gets_a_row_and_what_nobody_answered_stays_unknown(tmp_path: Path) -> None:
    stacks = copied(tmp_path)
    federation = load_federation(stacks, today=TODAY)
    onboarding.write_member(onboarding.read_answers(stacks / EXAMPLE), federation, stacks, today=TODAY)
    rows = load_federation(stacks, today=TODAY).members[0].inventory
    assert len({row.category for row in rows}) == 22
    assert {row.confidence for row in rows if row.decision == "undecided"} == {"unknown"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('code: "3001"', 'code: "1286"', "3001 to 3009 for a synthetic member"),
        ("synthetic: true\n", "", "synthetic: true with this code"),
        ("domain: provkoping.example", "domain: ystad.example", "other than that of ystad-osterlen.ystad"),
        ("key: provkoping", "key: ystad", "a file that is there already"),
        ("key: provkoping", "key: provkopingsstad", "at most 11 characters"),
        ("[directory, workplace]", "[directory, workplce]", "did you mean workplace?"),
        ("    decided_by: generated orderer\n    target_service: directory", "", "rows for it are mapped"),
        ("name: Provköping", "nam: Provköping", "did you mean name?"),
        ('"3001"', "3001", "text"),
        ("name: Provköping", 'name: "Prov\\nitems: []"', "official name"),
    ],
)
def test_wrong_answer_is_explained_and_nothing_is_written(tmp_path: Path, old: str, new: str, said: str) -> None:
    stacks = copied(tmp_path)
    change(stacks, EXAMPLE, old, new)
    before = listing(stacks)
    federation = load_federation(stacks, today=TODAY)
    with pytest.raises(LoadError) as caught:
        onboarding.write_member(onboarding.read_answers(stacks / EXAMPLE), federation, stacks, today=TODAY)
    assert said in str(caught.value)
    assert listing(stacks) == before


def test_person_who_takes_every_default_is_told_what_must_be_decided_first(tmp_path: Path) -> None:
    stacks = copied(tmp_path)
    federation = load_federation(stacks, today=TODAY)
    answers = onboarding.ask(federation, typed({"Municipality": "sjöbo"}))
    assert (answers.code, answers.key, answers.domain) == ("1265", "sjobo", "sjobo.se")
    mistakes = onboarding.check_member(answers, federation, stacks, today=TODAY)
    assert [mistake.key[-11:] for mistake in mistakes] == ["services[0]", "services[1]"]
    decided = onboarding.ask(federation, typed({"Municipality": "Sjöbo", "Who decided": "kommundirektören"}))
    assert onboarding.check_member(decided, federation, stacks, today=TODAY) == ()


def test_name_that_is_no_municipality_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(LoadError, match=r"did you mean Lidköping\?"):
        onboarding.ask(default_federation(), typed({"Municipality": "Lidkoping"}))


def test_missing_answers_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"nowhere\.yaml: found no such file"):
        onboarding.read_answers(tmp_path / "nowhere.yaml")


@given(st.text(min_size=2, max_size=30), st.text(min_size=10, max_size=30))
def test_whatever_is_answered_stays_one_value_in_the_file(title: str, source: str) -> None:
    example = onboarding.read_answers(STACKS / EXAMPLE)
    orderer = example.orderer.model_copy(update={"title": title})
    row = example.inventory[0].model_copy(update={"source": source})
    answers = example.model_copy(update={"orderer": orderer, "inventory": (row,)})
    files = onboarding.render_member(answers, default_federation(), templates=STACKS / "template")
    facts = yaml.safe_load(files["Pulumi.ystad-osterlen.provkoping.yaml"])["config"]["samdrift:stack"]
    assert facts["orderer"]["title"] == title
    assert yaml.safe_load(files["inventory/provkoping.yaml"])["items"][0]["source"] == source


def test_every_municipality_has_a_short_name_that_fits() -> None:
    keys = [onboarding.key_of(row.name) for row in municipality.official().values()]
    assert all(2 <= len(key) <= 11 and key.isascii() and key.isalnum() for key in keys)
    assert {key for key in keys if keys.count(key) > 1} == {"habo"}


def test_short_name_that_is_taken_gets_the_code_as_default() -> None:
    federation = default_federation()
    habo = federation.members[0].model_copy(update={"key": "habo"})
    answers = onboarding.ask(federation.model_copy(update={"members": (habo,)}), typed({"Municipality": "Håbo"}))
    assert answers.key == "habo0305"
