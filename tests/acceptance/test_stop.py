"""Each host of the hall stops in turn under its users' traffic: what was acknowledged is there afterwards, once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from samdrift.compliance.stop import LAST_STOPS, Stop, keep
from samdrift.federation import hall
from tests.acceptance.traffic import Diary, cases, letters
from tests.checks.host import answers
from tests.checks.power import switched_off
from tests.checks.scene import Scene
from tests.sample import cases_in_turn, changed_files, part

pytestmark = [pytest.mark.lab, pytest.mark.sampled(6)]

WAYS = {"a letter from outside": letters, "a case at the desk": cases}
# Through edge go the engineer and whoever plays the world as well: while it is off nobody could look.
LETTERS = [(row.name, "a letter from outside") for row in hall.GUESTS if row.name not in ("edge", "outside")]
CASES = [(name, "a case at the desk") for name in ("dc1", "dc2", "sso", "desk", "db")]
CHOSEN = part(LETTERS + CASES, size=cases_in_turn("stop", changed_files()), is_touched=lambda _: False)
TRIES, OFF_S = 8, 60.0
"""What is tried while the host is off; fewer where each waits for somebody who is not there."""
BACK_S = 240.0
"""How long after the start something may wait to be taken, and what was taken to be there."""


@pytest.mark.parametrize(("host", "traffic"), CHOSEN)
def test_a_stopped_host_loses_nothing(scene: Scene, host: str, traffic: str) -> None:
    """Who was told "taken" forgets it: it must be there. The gap is kept for the report (`make stops`)."""
    with WAYS[traffic](scene) as way:
        diary = Diary(way)
        assert diary.send(), "nothing is taken before the stop"
        with switched_off(scene, host):
            tried = tried_meanwhile(diary.send)
        started = time.monotonic()
        assert within(BACK_S, diary.send), f"nothing is taken after {host} was started"
        assert within(BACK_S, lambda: answers(scene, host)), f"{host} does not come back"
        back = time.monotonic() - started
        found: list[int] = []

        def all_there() -> bool:
            found[:] = diary.counted()
            return found == [1] * len(diary.words)

        within(BACK_S, all_there)
        stop = Stop(
            host=host,
            traffic=traffic,
            tried=len(tried),
            taken=sum(tried),
            gap_s=round(diary.gap, 1),
            back_s=round(back, 1),
            lost=found.count(0) if found else len(diary.words),
            doubled=sum(number > 1 for number in found),
            at=datetime.now(tz=UTC),
        )
        keep([stop], scene.state.root / LAST_STOPS)
        assert stop.whole, stop


def tried_meanwhile(send: Callable[[], bool]) -> list[bool]:
    """Hand in one after the other; whether each was taken."""
    deadline, found = time.monotonic() + OFF_S, [send()]
    while len(found) < TRIES and time.monotonic() < deadline:
        found.append(send())
    return found


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Ask again and again until it holds or the time is over; what is not reachable yet holds not yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return True
        except (RuntimeError, OSError):
            pass
        time.sleep(2.0)
    return False
