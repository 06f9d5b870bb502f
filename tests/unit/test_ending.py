"""A process that is ended early undoes what it has made, and so does what it has started."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from samdrift.ending import run
from tests.waiting import wait_for

CHILD = """
import pathlib, sys, threading
from samdrift.ending import undo_when_ended
undo_when_ended()
made = pathlib.Path(sys.argv[1])
try:
    made.touch()
    threading.Event().wait(60)
finally:
    print("undone")
    made.unlink()
"""
PARENT = """
import sys
from samdrift.ending import run, undo_when_ended
undo_when_ended()
run([sys.executable, "-c", sys.argv[2], sys.argv[1]])
"""


def test_what_a_command_says_and_how_it_ends_is_returned() -> None:
    done = run([sys.executable, "-c", "import sys; print('out'); sys.exit('err')"])
    assert (done.returncode, done.stdout, done.stderr) == (1, "out\n", "err\n")


def test_a_command_that_takes_too_long_undoes_what_it_made(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run([sys.executable, "-c", CHILD, str(tmp_path / "made")], timeout=2)
    assert list(tmp_path.iterdir()) == []


def test_who_is_ended_ends_its_child_first(tmp_path: Path) -> None:
    made = tmp_path / "made"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(made), CHILD], stderr=subprocess.PIPE)
    try:
        wait_for(made.exists, what="the child has made something")
        os.kill(parent.pid, signal.SIGTERM)
        _, said = parent.communicate(timeout=20)
    finally:
        parent.kill()
    assert parent.returncode != 0
    assert b"KeyboardInterrupt" in said
    assert not made.exists()
