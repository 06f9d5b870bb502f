"""What hosts keep, as a drill and a restore look it up."""

from pathlib import Path

import pytest

from samdrift.recovery import restore
from samdrift.recovery.host import RecoveryError
from samdrift.recovery.restore import Kept
from samdrift.state import State


def test_a_system_is_looked_up_whatever_became_of_its_last_run() -> None:
    before = Kept("mail", "mail", "ystad", None)
    after = Kept("mail", "mail", "ystad", {"ok": True, "archive": "mail-ystad-1"})
    assert {before: "never ran", after: "ran"}[after] == "ran"
    assert after.repository == before.repository == "mail-ystad"


def test_a_host_that_is_down_keeps_nothing_back_of_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has to know all of it is told who is silent instead."""

    def told(_: State, host: str) -> list[Kept]:
        if host == "dc1":
            raise RecoveryError("dc1: no route to host")
        return [Kept(host, host, None, None)]

    monkeypatch.setattr(
        restore, "records", lambda _: [{"name": name, "roles": {"backup": {}}} for name in ("dc1", "db")]
    )
    monkeypatch.setattr(restore, "_kept_on", told)
    state = State.at(tmp_path)
    found, silent = restore.asked(state)
    assert restore.choose(found, "db", None).host == "db"
    assert silent == ("dc1: no route to host",)
    with pytest.raises(RecoveryError, match="dc1: no route to host"):
        restore.kept(state)
