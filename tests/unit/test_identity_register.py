"""Registers: what is read of them, and how what is wrong is named."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samdrift.identity import hr
from samdrift.identity.entry import Entry
from samdrift.identity.fault import Fault, RegisterError
from samdrift.identity.sample import people
from samdrift.identity.sample.__main__ import Refusal, answer
from samdrift.identity.school import School
from tests.unit.registers import DOMAINS, SECRET, TODAY, export, row, rules


def read(content: bytes) -> tuple[Entry, ...]:
    return hr.read(content, member="ystad", file="ystad/hr.csv", rules=rules(), domains=DOMAINS, secret=SECRET)


def faults_of(content: bytes) -> tuple[Fault, ...]:
    with pytest.raises(RegisterError) as refused:
        read(content)
    return refused.value.faults


def test_a_row_becomes_an_entry() -> None:
    (found,) = read(export(row(id="s7", unit="Skola", title="Lärare", ends="2027-06-30", mail="Asa@ystad.example")))
    assert (found.member, found.id, found.kind, found.unit) == ("ystad", "s7", "staff", "Skola")
    assert (found.ends, found.mail, found.line) == (date(2027, 6, 30), "asa@ystad.example", 2)


def test_the_personal_number_is_in_no_entry_and_makes_the_same_person_of_two() -> None:
    first, second = read(export(row(personal_number="19121212-1212"), row(id="s2", personal_number="191212121212")))
    assert first.key == second.key
    assert "1212" not in repr(first)
    assert read(export(row()))[0].key != first.key


@pytest.mark.parametrize(
    ("rows", "line", "column", "found"),
    [
        ([row(id="Å1")], 2, "id", "Å1"),
        ([row(), row()], 3, "id", "s1"),
        ([row(group="boss")], 2, "group", "boss"),
        ([row(first_name="")], 2, "first_name", ""),
        ([row(last_name="A\tB")], 2, "last_name", "A\tB"),
        ([row(starts="2026-13-01")], 2, "starts", "2026-13-01"),
        ([row(starts="2026-11-02", ends="2026-11-01")], 2, "ends", "2026-11-01"),
        ([row(group="consultant")], 2, "ends", ""),
        ([row(mail="asa@elsewhere.example")], 2, "mail", "asa@elsewhere.example"),
        ([row(protected="maybe")], 2, "protected", "maybe"),
        ([row(manager="s9")], 2, "manager", "s9"),
        ([row(personal_number="12")], 2, "personal_number", "..."),
        ([row(), "a;b"], 3, "row", "2 fields"),
        ([], 0, "rows", "none"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(rows: list[str], line: int, column: str, found: str) -> None:
    (fault,) = faults_of(export(*rows))
    assert (fault.file, fault.line, fault.column, fault.found) == ("ystad/hr.csv", line, column, found)
    assert fault.accepted


def test_every_fault_is_named_at_once() -> None:
    assert [fault.line for fault in faults_of(export(row(group="x"), row(id="s2"), row(id="s3", ends="soon")))] == [
        2,
        4,
    ]


@pytest.mark.parametrize(
    ("content", "column"),
    [
        (b"id;name\n", "header"),
        (b"", "header"),
        (export(row(last_name="\xd6")).replace(b"\xc3\x96", b"\xd6"), "encoding"),
    ],
)
def test_another_format_is_refused(content: bytes, column: str) -> None:
    assert faults_of(content)[0].column == column


@given(st.binary(max_size=400))
def test_no_content_is_anything_but_entries_or_faults(content: bytes) -> None:
    for whole in (content, export() + content):
        try:
            assert read(whole)
        except RegisterError as refused:
            assert refused.faults


# A school register.


def config(folder: Any) -> Any:
    """What the stub reads of the configuration."""
    member = {"key": "ystad", "domain": "ystad.example", "school_token": "token", "sample": {"staff": 2, "pupils": 25}}
    objects = people.school("ystad", "ystad.example", 25)
    (folder / "ystad" / "school").mkdir(parents=True)
    for path, found in objects.items():
        (folder / "ystad" / "school" / f"{path}.json").write_text(json.dumps(found))
    return type("Config", (), {"members": [member], "registers": str(folder)})()


def client(handler: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    headers = {"Authorization": "Bearer token"}
    return httpx.Client(
        base_url="https://school.example/ystad/", headers=headers, transport=httpx.MockTransport(handler)
    )


def stub(folder: Any, asked: list[httpx.URL]) -> httpx.Client:
    """A client whose answers are the stub's own."""
    settings = config(folder)

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        query: dict[str, list[str]] = {}
        for key, value in request.url.params.multi_items():
            query.setdefault(key, []).append(value)
        try:
            page = answer(settings, request.url.path, query, request.headers["Authorization"])
        except Refusal as refusal:
            return httpx.Response(refusal.status, json={"message": refusal.title})
        return httpx.Response(200, json=page)

    return client(handle)


def entries(session: httpx.Client, *, limit: int = 10) -> tuple[Entry, ...]:
    school = School(session, member="ystad", pause=lambda seconds: None, limit=limit)
    return school.entries(secret=SECRET, domains=DOMAINS, today=TODAY)


def test_all_pages_are_read_and_a_page_token_is_sent_alone(tmp_path: Any) -> None:
    asked: list[httpx.URL] = []
    found = entries(stub(tmp_path, asked))
    assert [one.id for one in found] == [f"p{number}" for number in range(1, 26)]
    assert {one.unit for one in found} == {"Norra skolan", "Södra skolan"}
    assert all(len(one.classes) == 1 and one.kind == "pupils" for one in found)
    persons = [url for url in asked if url.path.endswith("/persons")]
    assert len(persons) == 3
    assert all(set(url.params) in ({"limit"}, {"pageToken"}) for url in persons)


def test_a_wrong_token_is_told_with_the_answer(tmp_path: Any) -> None:
    session = stub(tmp_path, [])
    session.headers["Authorization"] = "Bearer other"
    with pytest.raises(RegisterError, match="401"):
        entries(session)


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (httpx.Response(500, text="oops"), "500 oops"),
        (httpx.Response(200, text="<html>"), "JSON is accepted"),
        (httpx.Response(200, json=[]), "a JSON object"),
        (httpx.Response(200, json={"data": [{"name": 1}]}), '"id"'),
        (httpx.Response(200, json={"data": [], "pageToken": "again"}), "another token"),
        (httpx.Response(200, json={"data": []}), "no pupil"),
    ],
)
def test_an_answer_of_another_kind_is_an_error(response: httpx.Response, words: str) -> None:
    with pytest.raises(RegisterError, match=words):
        entries(client(lambda request: response))


def test_a_register_that_is_busy_is_asked_again_and_given_up() -> None:
    asked = []

    def busy(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) == 2:
            raise httpx.ConnectTimeout("silent", request=request)
        return httpx.Response(503)

    with pytest.raises(RegisterError, match="within 3 tries"):
        entries(client(busy))
    assert len(asked) == 3


def with_persons(*persons: dict[str, Any]) -> httpx.Client:
    objects = {"organisations": [{"id": "o", "displayName": "Skolan"}], "groups": [], "persons": [*persons]}
    return client(lambda request: httpx.Response(200, json={"data": objects[request.url.path.rpartition("/")[2]]}))


PUPIL: dict[str, Any] = {
    "id": "2f7c", "givenName": "Elsa", "familyName": "Ek", "enrolments": [{"enroledAt": {"id": "o"}}],
}  # fmt: skip


def test_only_living_enrolments_count() -> None:
    gone = {**PUPIL, "id": "a1", "enrolments": [{"enroledAt": {"id": "o"}, "endDate": "2026-11-01"}]}
    cancelled = {**PUPIL, "id": "a2", "enrolments": [{"enroledAt": {"id": "o"}, "cancelled": True}]}
    moved = {**PUPIL, "id": "a3", "personStatus": "Utvandrad"}
    assert [one.id for one in entries(with_persons(PUPIL, gone, cancelled, moved))] == ["2f7c"]


@pytest.mark.parametrize("marking", ["Sekretessmarkering", "Skyddad folkbokföring"])
def test_a_marked_person_is_protected(marking: str) -> None:
    (found,) = entries(with_persons({**PUPIL, "securityMarking": marking}))
    assert found.protected


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"givenName": ""}, "givenName"),
        ({"civicNo": {"value": "12"}}, "civicNo.value"),
        ({"enrolments": [{"enroledAt": {"id": "other"}}]}, "enrolments.enroledAt"),
        ({"emails": [{"value": "a@elsewhere.example", "type": "Skola"}]}, "emails"),
    ],
)
def test_a_pupil_at_fault_is_named(change: dict[str, Any], column: str) -> None:
    with pytest.raises(RegisterError) as refused:
        entries(with_persons(PUPIL, {**PUPIL, "id": "b2", **change}))
    (fault,) = refused.value.faults
    assert (fault.line, fault.column) == (2, column)


def test_the_sample_is_a_register_without_faults_and_grows_at_the_end() -> None:
    few = read(people.export("ystad", "ystad.example", 30, today=TODAY).encode())
    more = read(people.export("ystad", "ystad.example", 45, today=TODAY).encode())
    assert {one.kind for one in few} == {"staff", "elected", "consultants", "contractors"}
    assert [one for one in more if one in few] == list(few)
