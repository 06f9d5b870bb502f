"""What the vault follows and what it holds: segments as borg writes them, without any key."""

import json
import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_backup_settings import ROLES, program

VAULT = program(ROLES / "vault" / "templates" / "usr" / "local" / "sbin" / "samdrift-vault")
NOW = 1_800_000_000.0
NAME = "dc1/directory/2026-03-01"
MANIFEST = bytes(32)
CHUNK, OTHER = b"c" * 32, b"d" * 32


def entry(tag: int, identity: bytes = b"", data: bytes = b"") -> bytes:
    """An entry of a segment: PUT2 (3) has a hash of its data, which its checksum leaves out."""
    middle = identity + (bytes(8) if tag == 3 else b"")
    rest = struct.pack("<IB", 9 + len(middle) + len(data), tag) + middle
    return struct.pack("<I", zlib.crc32(rest if tag == 3 else rest + data)) + rest + data


def segment(*entries: bytes) -> bytes:
    return b"BORG_SEG" + b"".join(entries)


COMMIT = segment(entry(2))


def backup(number: int, *, manifest: int = 1000) -> dict[int, bytes]:
    """The segments of one archive: its chunks, the manifest anew, and the end of the transaction."""
    replaced = [entry(1, MANIFEST)] if number else []
    chunk = entry(3, CHUNK[:-1] + bytes([number]), b"x" * 50)
    return {
        2 * number: segment(chunk, *replaced, entry(3, MANIFEST, b"m" * manifest)),
        2 * number + 1: COMMIT,
    }  # fmt: skip


def make(place: Path, segments: dict[int, bytes], *, key: str = "k") -> Path:
    (place / "data" / "0").mkdir(parents=True)
    (place / "config").write_text(f"[repository]\nversion = 1\nid = 1\nkey = {key}\nstorage_quota = 0\n")
    for number, text in segments.items():
        (place / "data" / "0" / str(number)).write_bytes(text)
        os.utime(place / "data" / "0" / str(number), (NOW, NOW))
    return place


ONE, TWO = backup(0), {**backup(0), **backup(1, manifest=1080)}


def changed(number: int, text: bytes) -> dict[int, bytes]:
    return {**TWO, number: text}


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (
            {**TWO, 4: segment(entry(1, CHUNK), entry(1, MANIFEST), entry(3, MANIFEST, b"m" * 1080)), 5: COMMIT},
            "1 objects",
        ),
        ({**TWO, 4: segment(entry(1, MANIFEST), entry(3, MANIFEST, b"m" * 200)), 5: COMMIT}, "the manifest has"),
        ({number: text for number, text in TWO.items() if number != 1}, "segment 1 is gone"),
        (changed(0, segment(entry(3, OTHER, b"x" * 50))), "segment 0 is another one"),
    ],
)
def test_what_takes_away_is_held(tmp_path: Path, new: dict[int, bytes], why: str) -> None:
    with pytest.raises(VAULT.Wrong, match=why):
        VAULT.judge(make(tmp_path / "new", new), make(tmp_path / "old", TWO))


def test_another_key_is_held(tmp_path: Path) -> None:
    with pytest.raises(VAULT.Wrong, match="key was replaced"):
        VAULT.judge(make(tmp_path / "new", TWO, key="other"), make(tmp_path / "old", TWO))


@pytest.mark.parametrize("new", [TWO, ONE, {**TWO, **backup(2, manifest=1160)}])
def test_what_adds_is_followed(tmp_path: Path, new: dict[int, bytes]) -> None:
    VAULT.judge(make(tmp_path / "new", new), make(tmp_path / "old", ONE))


@pytest.mark.parametrize(
    "new",
    [{**TWO, 4: segment(entry(3, OTHER, b"x"))}, {**TWO, 4: segment(entry(3, OTHER, b"x"))[:-1]}, {**TWO, 4: b""}],
)
def test_a_backup_that_runs_is_no_reason_to_worry(tmp_path: Path, new: dict[int, bytes]) -> None:
    with pytest.raises(VAULT.Unsettled):
        VAULT.judge(make(tmp_path / "new", new), make(tmp_path / "old", TWO))


@pytest.fixture
def pull(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """`pull(store, now=...)`: fetch from a folder; the state afterwards, with the exit status."""
    monkeypatch.setattr(VAULT, "VAULT", tmp_path / "vault")
    monkeypatch.setattr(VAULT, "STATE", tmp_path / "state.json")
    monkeypatch.setattr(VAULT, "ACCEPTED", tmp_path / "accepted.json")
    monkeypatch.setattr(VAULT, "PLACE", tmp_path)
    monkeypatch.setattr(VAULT, "PAUSE", 0.0)
    (tmp_path / "settings.json").write_text(json.dumps({"source_days": 30, "keep_days": 60, "interval_hours": 6}))

    def run(store: Path, *, now: float = NOW, refused: str | None = None) -> dict[str, Any]:
        said = list[object]()

        def tell(_facts: object, held: object, error: object) -> str | None:
            said.append((held, error))
            return refused

        monkeypatch.setattr(VAULT, "fetch", lambda _facts, into, _last: shutil.copytree(store, into))
        monkeypatch.setattr(VAULT, "tell", tell)
        monkeypatch.setattr(VAULT.time, "time", lambda: now)
        code = VAULT.pull()
        found: dict[str, Any] = json.loads((tmp_path / "state.json").read_text())
        assert said == [(found["held"], found["error"])], "the hall is told what the vault knows"
        return {**found, "code": code}

    return run


def test_a_held_repository_stays_as_it_was_and_nothing_ages(
    tmp_path: Path, pull: Callable[..., dict[str, Any]]
) -> None:
    store = tmp_path / "store"
    make(store / NAME, TWO)
    assert pull(store)["code"] == 0
    shutil.rmtree(store / NAME)
    make(store / NAME, ONE)
    told = pull(store, now=NOW + 100 * 86400)
    assert told["code"] == 1 and "segment 2 is gone" in told["held"][NAME] and len(told["snapshots"]) == 2
    kept = tmp_path / "vault" / "snapshots" / told["snapshots"][-1] / NAME
    assert sorted(one.name for one in (kept / "data" / "0").iterdir()) == ["0", "1", "2", "3"]
    assert (tmp_path / "vault" / "held" / NAME / "config").exists()
    VAULT.accept([NAME])
    told = pull(store, now=NOW + 101 * 86400)
    assert told["code"] == 0 and told["held"] == {} and len(told["snapshots"]) == 2  # the first is too old by now


def test_what_is_gone_before_its_time_stays(tmp_path: Path, pull: Callable[..., dict[str, Any]]) -> None:
    store = tmp_path / "store"
    make(store / NAME, ONE)
    pull(store)
    shutil.rmtree(store / NAME)
    told = pull(store, now=NOW + 29 * 86400)
    assert told["held"] == {NAME: "it is gone before its time"}
    assert (tmp_path / "vault" / "snapshots" / told["snapshots"][-1] / NAME / "config").exists()
    told = pull(store, now=NOW + 31 * 86400)
    assert told["code"] == 0 and not (tmp_path / "vault" / "snapshots" / told["snapshots"][-1] / NAME).exists()


def test_who_cannot_tell_has_failed(tmp_path: Path, pull: Callable[..., dict[str, Any]]) -> None:
    make(tmp_path / "store" / NAME, ONE)
    assert pull(tmp_path / "store", refused="the store was not told how the copy is: no way")["code"] == 1


def test_two_fetches_in_one_second_are_two_snapshots(tmp_path: Path, pull: Callable[..., dict[str, Any]]) -> None:
    """The second one sees what the first could not: here that all is gone."""
    store = tmp_path / "store"
    make(store / NAME, TWO)
    pull(store)
    shutil.rmtree(store / NAME)
    told = pull(store, now=NOW + 0.9)
    assert told["error"] is None and NAME in told["held"] and len(told["snapshots"]) == 2


def test_only_age_removes_a_snapshot_and_never_the_last(tmp_path: Path, pull: Callable[..., dict[str, Any]]) -> None:
    store = tmp_path / "store"
    make(store / NAME, ONE)
    for day in (0, 10, 59, 61):
        pull(store, now=NOW + day * 86400)
    assert len(pull(store, now=NOW + 62 * 86400)["snapshots"]) == 4
    assert len(pull(store, now=NOW + 500 * 86400)["snapshots"]) == 1
