"""Who is a lab's daemon: the lock, and what `stop` and `start` do while a daemon begins."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from pvelab import cli, daemon
from pvelab.place import LabPlace
from pvelab.runtime import record
from tests.lab_api.running import eventually

HOLD = """
import threading
from pvelab.place import LabPlace
held = LabPlace("t").lock()
threading.Event().wait()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabPlace:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return LabPlace("t")


@pytest.fixture
def beginner(place: LabPlace) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon that has its lock, and no record yet."""
    source = str(Path(daemon.__file__).parents[1])
    with subprocess.Popen([sys.executable, "-c", HOLD], env={**os.environ, "PYTHONPATH": source}) as process:
        eventually(lambda: place.daemon_pid() == process.pid, "the lock is held")
        yield process
        process.kill()


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has the number of the daemon before."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def test_stop_signals_the_daemon_that_begins_and_not_the_one_before(
    place: LabPlace, beginner: subprocess.Popen[bytes], stranger: subprocess.Popen[bytes]
) -> None:
    place.record_file.write_text(json.dumps({"pid": stranger.pid}))
    assert place.daemon_pid() == beginner.pid
    assert daemon.end(place, timeout_s=5)
    assert beginner.wait(5) == -signal.SIGTERM
    assert stranger.poll() is None
    assert not daemon.end(place)


def test_start_waits_for_a_daemon_that_begins(
    place: LabPlace,
    beginner: subprocess.Popen[bytes],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = threading.Event()
    monkeypatch.setattr(cli, "_answers", lambda place: answers.is_set())
    starting = threading.Thread(target=lambda: cli.start(name="t"))
    starting.start()
    starting.join(0.5)
    assert starting.is_alive() and capsys.readouterr().out == ""
    place.record_file.write_text(json.dumps({"pid": beginner.pid, "endpoint": "https://127.0.0.1:8006"}))
    answers.set()
    starting.join(5)
    assert capsys.readouterr().out == "lab 't' runs already at https://127.0.0.1:8006\n"


def test_start_does_not_wait_for_ever(
    place: LabPlace, beginner: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_START_S", 0.2)
    with pytest.raises(typer.Exit):
        cli.start(name="t")


def asking_for_a_moment(file: Path) -> threading.Thread:
    """What `status` or `gc` does at the wrong moment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = file.open("a")
    fcntl.flock(handle, fcntl.LOCK_SH)
    leaving = threading.Timer(0.2, handle.close)
    leaving.start()
    return leaving


def test_who_asks_does_not_keep_a_daemon_from_its_lock(place: LabPlace) -> None:
    asking_for_a_moment(place.state / "lock")
    held = place.lock()
    assert held is not None and place.daemon_pid() == os.getpid()
    assert place.lock() is None
    held.close()
    assert not place.is_alive() and place.daemon_pid() is None


def test_who_asks_does_not_keep_a_lab_from_being_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "RUN", tmp_path)
    asking_for_a_moment(tmp_path / "t" / "lock")
    record.claim("t", state=tmp_path, cache=tmp_path)
    assert record.is_ours("t")
    record.release("t")
