"""Places of observation: another check may have shut the way to one while it was not asked."""

import os
import signal
from pathlib import Path

import pytest

from samdrift.state import State
from tests.checks.probe.station import StationLost
from tests.checks.scene import Scene
from tests.unit.sample import default_federation
from tests.waiting import wait_for


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A scene whose every guest is this machine."""
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "exec $last"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    return Scene(federation=default_federation(), state=State.at(tmp_path))


def test_a_station_that_ended_is_not_given_again(scene: Scene) -> None:
    lost = scene.station("dc1")
    assert scene.station("dc1") is lost
    assert lost.ask("shell.run", command=["true"])["code"] == 0
    os.kill(lost.pid, signal.SIGKILL)
    wait_for(lambda: lost.has_ended, what="the station has ended")
    with pytest.raises(StationLost):
        lost.ask("shell.run", command=["true"])
    try:
        assert scene.station("dc1").ask("shell.run", command=["true"])["code"] == 0
    finally:
        scene.close()
