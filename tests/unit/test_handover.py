"""Host records: what goes over the seam comes back the same, carries no secret, and is refused when it is old."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samdrift.federation import catalogue
from samdrift.federation.load import load_federation
from samdrift.handover import (
    HandoverError,
    HostInterface,
    HostRecord,
    Ssh,
    digest_of,
    fill_members,
    host_records,
    read_all,
    read_handover,
    write_json,
)
from tests.unit.sample import CODES, TODAY, change, copied, default_federation, member, with_members

EVERYBODY = {"hall", "vault", "ystad", "tomelilla", "simrishamn"}
TEXT = st.text(max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
LEG = st.builds(HostInterface, **dict.fromkeys(("name", "network", "vnet", "mac", "ipv4", "ipv6"), TEXT))
RECORD = st.builds(
    HostRecord,
    **dict.fromkeys(
        ("federation", "stack", "digest", "name", "fqdn", "node"), st.text(string.ascii_letters, max_size=8)
    ),
    interfaces=st.lists(LEG, max_size=3).map(tuple),
    ssh=st.builds(Ssh, address=TEXT, jump=st.none() | TEXT),
    nameservers=st.lists(TEXT, max_size=2).map(tuple),
    roles=st.dictionaries(TEXT, st.dictionaries(TEXT, JSON, max_size=3), max_size=3),
    announces=st.none(),
)


def written(folder: Path, stacks: Path) -> Path:
    """A directory of handover files as they are after everything is up."""
    federation = load_federation(stacks, today=TODAY)
    folder.mkdir()
    for stack in federation.stacks:
        text = write_json(host_records(federation, stack))
        (folder / f"{stack.name}.json").write_text(text, encoding="utf-8")
    return folder


@given(st.lists(RECORD, max_size=3))
def test_any_record_comes_back_the_same(records: list[HostRecord]) -> None:
    assert [HostRecord.model_validate(plain) for plain in json.loads(write_json(records))] == records


@settings(max_examples=20)
@given(st.sampled_from(CODES))
def test_records_of_any_member_come_back_the_same(code: str) -> None:
    federation = with_members((member(code),))
    for stack in federation.stacks:
        records = host_records(federation, stack)
        assert tuple(HostRecord.model_validate(plain) for plain in json.loads(write_json(records))) == records


def test_files_are_read_back_with_members_filled_in(tmp_path: Path) -> None:
    stacks = copied(tmp_path)
    records = {record.name: record for record in read_all(written(tmp_path / "handover", stacks), stacks)}
    assert len(records) == 25
    edge, dc1 = records["edge"].roles["edge"], records["dc1"].roles["directory"]
    assert [one["code"] for one in edge["members"]] == ["1291", "1270", "1286"]
    assert edge["members"][2]["via4"] == records["ystad-gw"].ssh.address == "10.0.4.138"
    assert [one["key"] for one in dc1["members"]] == ["simrishamn", "tomelilla", "ystad"]


def test_hall_records_do_not_depend_on_the_members() -> None:
    one, two = with_members((member("1286"),)), with_members((member("1286"), member("1291")))
    assert host_records(one, one.hall) == host_records(two, two.hall)
    assert host_records(one, one.members[0]) == host_records(two, two.members[0])
    joined = fill_members((*host_records(two, two.hall), *(r for m in two.members for r in host_records(two, m))))
    assert len(next(record for record in joined if record.name == "edge").roles["edge"]["members"]) == 2


def test_records_refer_to_secrets_and_hold_none() -> None:
    federation = default_federation()
    for record in (record for stack in federation.stacks for record in host_records(federation, stack)):
        for settings_of_role in record.roles.values():
            for key, value in settings_of_role.items():
                assert "password" not in key or list(value) == ["secret"]


def test_bastion_is_the_way_to_everybody_else() -> None:
    federation = default_federation()
    records = [record for stack in federation.stacks for record in host_records(federation, stack)]
    assert {record.name for record in records if record.ssh.jump is None} == {"edge"}
    assert all(record.ssh.address in {leg.ipv4.split("/")[0] for leg in record.interfaces} for record in records)


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("Pulumi.ystad-osterlen.ystad.yaml", "[directory, workplace]", "[directory]", {"ystad"}),
        ("Pulumi.ystad-osterlen.hall.yaml", "staff: 60", "staff: 61", EVERYBODY),
        ("inventory/ystad.yaml", "category: mail-system", "product: something\n    category: mail-system", {"ystad"}),
        ("Pulumi.ystad-osterlen.ystad.yaml", "# One member.", "# Another word.", set()),
    ],
)
def test_records_older_than_their_stack_files_are_refused(
    tmp_path: Path, file: str, old: str, new: str, stale: set[str]
) -> None:
    stacks = copied(tmp_path)
    handover = written(tmp_path / "handover", stacks)
    change(stacks, file, old, new)
    refused = set()
    for path in handover.glob("*.json"):
        try:
            read_handover(path, stacks)
        except HandoverError as error:
            assert f"run: samdrift up {path.stem}" in str(error)
            refused.add(path.stem.rpartition(".")[2])
    assert refused == stale


def test_records_that_the_code_would_make_otherwise_are_refused(tmp_path: Path) -> None:
    """What `rules.yaml` and settings modules say reaches a host by its record: a deploy of the old one does nothing."""
    stacks = copied(tmp_path)
    path = written(tmp_path / "handover", stacks) / "ystad-osterlen.hall.json"
    path.write_text(json.dumps(json.loads(path.read_text()), sort_keys=True))  # as the engine gives them out
    assert read_handover(path, stacks)
    records = json.loads(path.read_text())
    next(one for one in records if one["name"] == "mail")["roles"]["mail"]["opens_to"] = ["service-mail"]
    path.write_text(json.dumps(records))
    with pytest.raises(HandoverError, match=r"older than .*run: samdrift up ystad-osterlen\.hall"):
        read_handover(path, stacks)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[{", "is not JSON"),
        ('[{"version": 2}]', "version 2, this samdrift reads 1"),
        ('[{"version": 1}]', "is no list of host records"),
        ('{"hosts": []}', "is no list of host records"),
        ("[]", "holds no host record"),
    ],
)
def test_file_that_cannot_be_used_says_which_command_to_run(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "ystad-osterlen.ystad.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HandoverError, match=rf"{said}.*run: samdrift up ystad-osterlen\.ystad"):
        read_handover(path, tmp_path)


def test_missing_file_and_missing_stack_file_say_what_to_do(tmp_path: Path) -> None:
    stacks = copied(tmp_path)
    handover = written(tmp_path / "handover", stacks)
    (stacks / "Pulumi.ystad-osterlen.ystad.yaml").unlink()
    with pytest.raises(HandoverError, match=r"samdrift down ystad-osterlen\.ystad"):
        read_all(handover, stacks)
    with pytest.raises(HandoverError, match="not up; run: samdrift up none"):
        read_handover(tmp_path / "none.json", stacks)


def test_digest_tells_stacks_apart() -> None:
    federation = default_federation()
    assert len({digest_of(federation, stack) for stack in federation.stacks}) == len(federation.stacks)


def test_digest_changes_with_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flow edited there must not be deployed from records that were made before it."""
    federation = default_federation()
    before = digest_of(federation, federation.hall)
    flow = catalogue.PLATFORM_FLOWS[0].model_copy(update={"ports": ("1",)})
    monkeypatch.setattr(catalogue, "PLATFORM_FLOWS", (flow, *catalogue.PLATFORM_FLOWS[1:]))
    assert digest_of(federation, federation.hall) != before
