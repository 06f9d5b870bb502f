"""A mailbox emptied by mistake."""

import subprocess
import sys
from pathlib import Path

import pytest

from samdrift.recovery import cycle
from samdrift.state import REPOSITORY
from tests.checks import post
from tests.checks.post import OUTSIDE
from tests.checks.register import Person
from tests.checks.scene import Scene
from tests.journeys.conftest import MEMBER, read

pytestmark = pytest.mark.lab

ANNA = f"anna@{OUTSIDE}"


def test_a_mailbox_emptied_by_mistake(scene: Scene) -> None:
    """The help desk brings it back by one command, and what came in since is still there."""
    seat = f"{MEMBER}-adm"
    with post.people(scene, [scene.member(MEMBER)]) as (owner,):
        old = [received(scene, owner) for _ in range(3)]
        cycle.hosts(scene.state, names=["mail"], say=lambda _: None)
        gone = scene.station(seat).ask(
            "mailbox.empty", host=post.mail_host(scene), user=owner.name, password=owner.password, patience=60.0
        )
        assert gone == len(old)
        assert [read(scene, owner, one, at=seat, seconds=0.0) for one in old] == [[]] * len(old)
        new = received(scene, owner)

        done = subprocess.run(
            [Path(sys.executable).with_name("samdrift"), "restore", "mail", owner.name, "--member", MEMBER],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-1000:]
        for one in old:
            assert len(read(scene, owner, one, at=seat)) == 1, done.stdout[-1000:]
        assert read(scene, owner, new, at=seat) == ["INBOX"]


def received(scene: Scene, owner: Person) -> str:
    """A message from the world that lies in the mailbox; return its word."""
    one = post.letter(ANNA, owner.address)
    (gateway, *_) = post.exchanger(scene, owner.member.domain)
    told = post.from_outside(scene, one, sender=ANNA, recipient=owner.address, address=gateway)
    assert told["step"] == "taken", told
    assert read(scene, owner, one.word, at=f"{owner.member.key}-adm") == ["INBOX"]
    return one.word
