"""Each host of the hall stops in turn while mail comes in: what was acknowledged is there afterwards, once."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from samdrift.compliance.evidence import ProbeTimeout
from samdrift.compliance.target import confirm
from samdrift.federation import hall
from tests.checks import post
from tests.checks.scene import Scene
from tests.sabotages.hand import guest_path
from tests.sample import part

pytestmark = pytest.mark.lab

# Through edge go the engineer and whoever plays the world as well: while it is off nobody could look.
STOPPED = tuple(row.name for row in hall.GUESTS if row.name not in ("edge", "outside"))
TRIES, OFF_S = 8, 60.0
"""Messages that are tried while the host is off; fewer where each waits for somebody who is not there."""
BACK_S = 240.0
"""How long after the start a message may wait to be taken, and a taken one to be in the mailbox."""
ANNA = f"anna@{post.OUTSIDE}"


@pytest.mark.parametrize("host", part(STOPPED, size=1, is_touched=lambda _: False))
def test_a_stopped_host_loses_no_mail(scene: Scene, host: str) -> None:
    """A sender that was told "taken" forgets the message: it must be there. What is told "later" is sent again."""
    target = confirm(scene.state)
    power = f"{guest_path(target, host)}/status"
    with post.people(scene, [scene.members[0]]) as (owner,):
        gateway, *_ = post.exchanger(scene, owner.member.domain)
        taken: list[str] = []

        def send() -> bool:
            one = post.letter(ANNA, owner.address, body=f"Nummer {len(taken)}")
            try:
                told = post.from_outside(scene, one, sender=ANNA, recipient=owner.address, address=gateway)
            except ProbeTimeout:  # nobody there: the sender keeps it
                return False
            assert told["code"] < 500, f"a mailbox that is there is refused for good: {told}"
            if told["step"] == "taken":
                taken.append(one.word)
            return bool(told["step"] == "taken")

        assert send(), "nothing is taken before the stop"
        target.finish(target.call("POST", f"{power}/stop"))
        try:
            before = tried_meanwhile(send)
        finally:
            target.finish(target.call("POST", f"{power}/start"))
        assert within(BACK_S, lambda: answers(scene, host)), f"{host} does not come back"
        assert within(BACK_S, send), f"nothing is taken after {host} is back"
        readable: list[int] = []

        def all_there() -> bool:
            readable[:] = [len(post.mailbox(scene, owner, word)) for word in taken]
            return readable == [1] * len(taken)

        assert within(BACK_S, all_there), (
            f"{host} was off, {sum(before)} of {len(before)} were taken then; now each is there so often: {readable}"
        )


def tried_meanwhile(send: Callable[[], bool]) -> list[bool]:
    """Send one message after the other; whether each was taken."""
    deadline, found = time.monotonic() + OFF_S, [send()]
    while len(found) < TRIES and time.monotonic() < deadline:
        found.append(send())
    return found


def answers(scene: Scene, host: str) -> bool:
    """Whether the host that was restarted lets somebody in; asked anew each time."""
    scene.leave(host)
    return bool(scene.station(host).ask("shell.run", command=["true"], patience=30.0)["code"] == 0)


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
