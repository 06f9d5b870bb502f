"""A mail store that stops: seen by the user, the monitor and the desk."""

import time

import pytest

from samdrift.federation.setting.monitor import system_of
from samdrift.standard import catalogue
from tests.checks import post
from tests.checks.alarm import Book, Failure, is_told
from tests.checks.availability import lost, made, raw
from tests.checks.desk import Desk, agents
from tests.checks.host import stopped
from tests.checks.post import OUTSIDE
from tests.checks.probe.station import ProbeError
from tests.checks.register import opens_mailbox
from tests.checks.scene import Scene
from tests.journeys.conftest import MEMBER, read

pytestmark = pytest.mark.lab

STORE = Failure("service", "dovecot.service på mail är", "Servicedesk", system_of("mail"))
SAMPLE = catalogue.load().by_id("SLA-03").threshold("sample interval")
RAISED = 60.0 * catalogue.load().by_id("MON-01").threshold("case raised")


def test_a_stopped_mail_store(scene: Scene) -> None:
    """The desk has a case before anybody calls, no letter is lost, and the member's report tells how long it was."""
    member, seat = scene.member(MEMBER), f"{MEMBER}-adm"
    with post.people(scene, [member]) as (user,), agents(scene, [member]) as (agent,):
        book = Book(Desk(scene), agent)
        assert opens_mailbox(scene, user, at=seat)
        assert not book.open(STORE)
        with stopped(scene, "mail", "dovecot.service"):
            began = int(time.time())
            with pytest.raises(ProbeError, match="ConnectionRefused"):
                opens_mailbox(scene, user, at=seat)
            letter = post.letter(f"anna@{OUTSIDE}", user.address)
            (gateway, *_) = post.exchanger(scene, member.domain)
            told = post.from_outside(scene, letter, sender=f"anna@{OUTSIDE}", recipient=user.address, address=gateway)
            assert told["step"] == "taken", "the gateway keeps what the store cannot take"
            assert book.opened([STORE], seconds=RAISED), f"no case within {RAISED:g} s"
            assert is_told(scene, "mail"), "no workplace has noticed"
            ended = int(time.time())
        assert read(scene, user, letter.word, at=seat, seconds=RAISED) == ["INBOX"], "the letter is lost"
        assert book.closed([STORE], seconds=RAISED), "the case stays open after recovery"
        missed = lost(made(scene, raw(scene, since=began), MEMBER, since=began), "mail", began, ended)
        assert missed >= ended - began - 2 * SAMPLE, f"the report says {missed} s of {ended - began} s"
