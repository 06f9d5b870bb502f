"""A municipality joins by answers alone: its files are checked with all others before one of them is written."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from samdrift.federation import municipality, onboarding
from samdrift.federation.guest import guests_of
from samdrift.federation.load import load_federation
from samdrift.federation.mistake import LoadError
from samdrift.federation.record import People
from tests.unit.sample import STACKS, TODAY, change, copied, default_federation

EXAMPLE = "template/example-answers.yaml"


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_synthetic_fourth_member_joins_by_its_two_files_and_nobody_else_changes(tmp_path: Path) -> None:
    stacks = copied(tmp_path)
    before = load_federation(stacks, today=TODAY)
    files = onboarding.write_member(onboarding.read_answers(stacks / EXAMPLE), before, stacks, today=TODAY)
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
        ("name: Provköping", "name: Ystad", "'Ystad', which is a member already (ystad-osterlen.ystad)"),
        ("key: provkoping", "key: ystad", "Pulumi.ystad-osterlen.ystad.yaml is there already"),
        ("key: provkoping", "key: hall", "a key that no stack has"),
        ("key: provkoping", "key: provkopingsstad", "at most 11 characters"),
        ("[directory, workplace]", "[directory, workplce]", "did you mean workplace?"),
        ("    decided_by: generated orderer\n    target_service: directory", "", "rows for it are mapped"),
        ("name: Provköping", "nam: Provköping", "did you mean name?"),
        ('"3001"', "3001", "four digits in quotes"),
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


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("domain: provkoping.example", "domain: ystad.example", "answers.yaml:6: domain: found 'ystad.example'"),
        ("bestallare@provkoping", "bestallare@ystad", "answers.yaml:7: orderer.mail: found 'bestallare@ystad.example'"),
        ("    decided_by: generated orderer\n    target_service: directory", "", "answers.yaml:8: services[0]: found"),
        ("category: workplaces", "category: workplace", "answers.yaml:18: inventory[1].category: found 'workplace'"),
        ("category: workplaces", "id: a-b\n    category: archives", "answers.yaml:19: inventory[1].category: found"),
        ("key: provkoping\n", "key: provkopingsstad\n", "answers.yaml:5: key: found the key 'provkopingsstad'"),
        ('code: "3001"', "code: 3001", "answers.yaml:3: code: found 3001; accepted: four digits in quotes"),
        (
            "category: workplaces",
            "id: provkoping-archive\n    category: workplaces",
            "answers.yaml:10: inventory: found",
        ),
    ],
)
def test_mistake_is_told_at_the_line_of_the_answer(tmp_path: Path, old: str, new: str, said: str) -> None:
    stacks = copied(tmp_path)
    change(stacks, EXAMPLE, old, new)
    (stacks / EXAMPLE).rename(tmp_path / "answers.yaml")
    with pytest.raises(onboarding.AnswersError) as caught:
        onboarding.write_member(
            onboarding.read_answers(tmp_path / "answers.yaml"), default_federation(), stacks, today=TODAY
        )
    assert said in str(caught.value)
    assert {mistake.file for mistake in caught.value.mistakes} == {"answers.yaml"}


@pytest.mark.parametrize("fails", ["Pulumi.ystad-osterlen.provkoping.yaml", "inventory/provkoping.yaml"])
def test_disk_that_fails_leaves_neither_file(tmp_path: Path, fails: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stacks = copied(tmp_path)
    before = listing(stacks)
    rename = Path.rename

    def fail(part: Path, path: Path) -> Path:
        if path == stacks / fails:
            raise OSError(28, "No space left on device")
        return rename(part, path)

    monkeypatch.setattr(onboarding, "check_member", lambda *_, **__: ())
    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="No space"):
        onboarding.write_member(onboarding.read_answers(stacks / EXAMPLE), default_federation(), stacks, today=TODAY)
    assert listing(stacks) == before


def test_municipality_gets_no_people_of_the_hall_s_sample(tmp_path: Path) -> None:
    stacks = copied(tmp_path)
    change(stacks, EXAMPLE, "people: { staff: 20, pupils: 40 }\n", "")
    assert onboarding.answers_of(onboarding.read_answers(stacks / EXAMPLE)).people is None
    change(stacks, EXAMPLE, "synthetic: true", "synthetic: false")
    assert onboarding.answers_of(onboarding.read_answers(stacks / EXAMPLE)).people == People(staff=0, pupils=0)


def test_missing_answers_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"nowhere\.yaml: found no such file"):
        onboarding.read_answers(tmp_path / "nowhere.yaml")


@given(st.text(min_size=2, max_size=30), st.text(min_size=10, max_size=30))
def test_whatever_is_answered_stays_one_value_in_the_file(title: str, source: str) -> None:
    example = onboarding.answers_of(onboarding.read_answers(STACKS / EXAMPLE))
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
