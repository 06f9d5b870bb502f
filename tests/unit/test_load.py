"""Every mistake in the stack files is reported, all at once, with file, line, key, value found and what is accepted."""

import shutil
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from samdrift.federation.load import federations, load_federation, load_stack
from samdrift.federation.mistake import LoadError
from tests.unit.sample import STACKS, TODAY, change, copied, default_federation, mistakes_of

HALL, YSTAD, VAULT = (f"Pulumi.ystad-osterlen.{key}.yaml" for key in ("hall", "ystad", "vault"))

CASES = yaml.safe_load(Path(__file__).with_name("stack_mistakes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['key']}-{case['with'].strip()[:40]}")
def test_mistake_names_file_line_key_found_and_accepted(tmp_path: Path, case: dict[str, str]) -> None:
    stacks, file = copied(tmp_path), f"Pulumi.ystad-osterlen.{case['file']}.yaml"
    change(stacks, file, case["replace"], case["with"])
    mistakes = {mistake.key: mistake for mistake in mistakes_of(stacks) if mistake.file == f"stacks/{file}"}
    mistake = mistakes[f"config.samdrift:stack.{case['key']}"]
    assert case["found"] in mistake.found
    assert case["accepted"] in mistake.accepted
    # Entries of lists and keys that are missing are reported at the line of what holds them.
    line = (stacks / file).read_text(encoding="utf-8").splitlines()[mistake.line - 1]
    assert mistake.found == "nothing" or "[" in case["key"] or case["key"].rpartition(".")[2] in line


@pytest.mark.parametrize(
    ("record", "refused"),
    [
        ("{name: '@', type: MX, value: 10 mail.example.se}", True),
        ("{name: '@', type: TXT, value: v=spf1 -all}", True),
        ("{name: _dmarc, type: TXT, value: v=DMARC1}", True),
        ("{name: _dmarc, type: CNAME, value: dmarc.example.se}", True),
        ("{name: '@', type: TXT, value: site-verification=1}", False),
        ("{name: www, type: MX, value: 10 mail.example.se}", False),
    ],
)
def test_records_that_follow_from_the_service_mail_are_nobodys(tmp_path: Path, record: str, refused: bool) -> None:
    """The same records are a member's own as long as its mail is somewhere else."""
    stacks = copied(tmp_path)
    change(stacks, YSTAD, "    domain:", f"    records: [{record}]\n    domain:")
    assert [mistake.key for mistake in mistakes_of(stacks)] == []
    change(stacks, YSTAD, "services: [", "services: [mail, ")
    keys = {mistake.key.rpartition(".")[2] for mistake in mistakes_of(stacks)}
    assert ("records[0]" in keys) is refused


def test_all_mistakes_of_all_files_come_at_once(tmp_path: Path) -> None:
    stacks = copied(tmp_path)
    change(stacks, HALL, "ped: vmbr2", "ped: vmbr1")
    change(stacks, YSTAD, "name: Ystad", "name: Ystadt")
    change(stacks, YSTAD, "workplace]", "workplce]")
    change(stacks, "inventory/tomelilla.yaml", "category: firewall", "category: firewal")
    with pytest.raises(LoadError) as caught:
        load_federation(stacks, today=TODAY)
    assert len(caught.value.mistakes) == 4
    text = str(caught.value)
    assert text.startswith("4 mistakes in the stack files:\n")
    assert f"stacks/{YSTAD}:6: config.samdrift:stack.name: found 'Ystadt'; accepted: Ystad, the official name" in text


@pytest.mark.parametrize("text", ["config: [", "config:\n\t- x", "", "- 1", "config: {}", "a: &x [*x]", "\x00"])
def test_file_that_is_no_stack_file_is_one_clear_mistake(tmp_path: Path, text: str) -> None:
    stacks = copied(tmp_path)
    (stacks / YSTAD).write_text(text, encoding="utf-8")
    mistakes = mistakes_of(stacks)
    assert {mistake.file for mistake in mistakes} == {f"stacks/{YSTAD}"}
    assert all(mistake.found and mistake.accepted for mistake in mistakes)


YAML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=60)
@given(st.sampled_from(("hall", "ystad", "vault")), st.data())
def test_whatever_a_key_holds_it_loads_or_is_explained(stack: str, data: st.DataObject) -> None:
    path = f"Pulumi.ystad-osterlen.{stack}.yaml"
    plain = yaml.safe_load((STACKS / path).read_text(encoding="utf-8"))
    facts = plain["config"]["samdrift:stack"]
    while isinstance(facts, dict | list) and facts:
        place, key = facts, data.draw(st.sampled_from(sorted(facts) if isinstance(facts, dict) else range(len(facts))))
        facts = place[key] if data.draw(st.booleans()) else None
    place[key] = data.draw(YAML)
    with TemporaryDirectory() as folder:
        stacks = copied(Path(folder))
        (stacks / path).write_text(yaml.safe_dump(plain, allow_unicode=True), encoding="utf-8")
        assert all(mistake.found and mistake.accepted for mistake in mistakes_of(stacks))


def test_a_secret_is_never_repeated_in_the_message(tmp_path: Path) -> None:
    stacks = copied(tmp_path)
    token = "root@pam!x=12345678-1234-1234-1234-123456789abc"
    change(stacks, HALL, "    outside: true", f"    outside: true\n    note: {token}\n    api_token: {token}")
    with pytest.raises(LoadError) as caught:
        load_federation(stacks, today=TODAY)
    assert "12345678" not in str(caught.value)
    assert "note" in str(caught.value)


def test_decision_that_has_ended_is_a_mistake_from_the_next_day_on(tmp_path: Path) -> None:
    assert load_federation(STACKS, today=date(2027, 12, 31))
    with pytest.raises(LoadError, match=r"waivers\[0\]\.ends: found 2027-12-31"):
        load_federation(STACKS, today=date(2028, 1, 1))


def test_federation_without_a_hall_is_refused(tmp_path: Path) -> None:
    stacks = copied(tmp_path)
    (stacks / HALL).unlink()
    assert any(mistake.file.endswith(HALL) and mistake.found == "no such file" for mistake in mistakes_of(stacks))


def test_two_federations_beside_each_other_must_be_named(tmp_path: Path) -> None:
    stacks = copied(tmp_path)
    shutil.copy(stacks / VAULT, stacks / "Pulumi.other.vault.yaml")
    assert federations(stacks) == ("other", "ystad-osterlen")
    with pytest.raises(LoadError, match="name the federation"):
        load_federation(stacks, today=TODAY)


def test_prefix_override_moves_only_its_member(tmp_path: Path) -> None:
    stacks = copied(tmp_path)
    change(stacks, YSTAD, "    domain:", "    prefix: 172.20.4.0/22\n    domain:")
    federation = load_federation(stacks, today=TODAY)
    assert [str(member.prefix) for member in federation.members] == ["None", "None", "172.20.4.0/22"]


def test_pulumis_own_lines_are_left_alone(tmp_path: Path) -> None:
    stacks = copied(tmp_path)
    path = stacks / YSTAD
    path.write_text("encryptionsalt: v1:abc=:v1:def\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert mistakes_of(stacks) == ()


def test_one_stack_by_its_file_and_by_its_names() -> None:
    federation, stack = load_stack(STACKS / YSTAD, today=TODAY)
    assert stack == federation.stack("ystad") == default_federation().stack("ystad-osterlen.ystad")
    with pytest.raises(LookupError, match=r"ystad-osterlen\.hall, ystad-osterlen\.vault"):
        federation.stack("lund")
