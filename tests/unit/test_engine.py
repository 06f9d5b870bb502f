"""What a failed run of the engine is told as."""

import json
from pathlib import Path

from samdrift.engine import _diagnosis


def told(tmp_path: Path, *events: dict[str, str]) -> str:
    (tmp_path / "log").write_text("Resources:\n    2 unchanged\n")
    lines = [json.dumps({"diagnosticEvent": one}) for one in events]
    (tmp_path / "events").write_text("\n".join([*lines, '{"cut off by a ki']))
    return _diagnosis(tmp_path / "events", tmp_path / "log")


def test_an_error_names_its_resource_and_has_no_colours(tmp_path: Path) -> None:
    error = {"severity": "error", "urn": "urn:a::b::dc1", "message": "<{%reset%}>no room<{%reset%}>\n"}
    assert told(tmp_path, error, error, {"severity": "info", "message": "made"}) == "dc1: no room"


def test_what_the_program_refused_is_said_where_no_resource_failed(tmp_path: Path) -> None:
    refusal = {"severity": "info#err", "message": "error: node pve1 has no such template\n\n"}
    assert told(tmp_path, refusal) == "error: node pve1 has no such template"
    assert told(tmp_path, refusal, {"severity": "error", "message": "no room"}) == "no room"


def test_without_a_diagnosis_the_logs_end_is_told(tmp_path: Path) -> None:
    assert told(tmp_path) == "Resources:\n    2 unchanged"
