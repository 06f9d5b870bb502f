"""An employee who leaves while signed in."""

import pytest

from samdrift.federation import application
from tests.checks import portal, session
from tests.checks.portal import AGREEMENT, FORM, MENU
from tests.checks.register import opens_mailbox, signs_in
from tests.checks.scene import Scene
from tests.journeys.conftest import MEMBER, hired

pytestmark = pytest.mark.lab

REFUSAL = "Fel användarnamn eller lösenord"
"""What the portal says to whom it does not let in; not why, for that would tell who is there."""


def test_an_employee_leaves_while_signed_in(scene: Scene) -> None:
    """What was open closes: the session at the workplace, the one at the portal, and the mail program's."""
    seat = f"{MEMBER}-adm"
    station = scene.station(seat)
    with hired(scene, "staff") as (registers, (leaver,)), portal.visitor(scene, leaver.member, "adm") as browser:
        assert signs_in(scene, seat, leaver)
        assert station.ask("door.stay", user=leaver.name, seconds=7200, patience=30.0) > 0
        browser.goes(f"{browser.issuer}/", FORM)
        browser.signs_in(leaver, AGREEMENT)
        assert browser.answers("accept", MENU)["there"]
        registers.as_known(leaver, accepted=True)
        desk = application.BY_NAME["desk"]
        assert browser.opens(desk)["code"], "the portal lets the employee into the help desk"
        store = scene.guests["mail"].fqdn
        station.ask("mailbox.stay", host=store, user=leaver.name, password=leaver.password, patience=60.0)

        registers.drop(leaver)
        registers.cycle()
        for host, unit in {seat: session.WORKPLACE, **session.HALL}.items():
            assert session.looks(scene, host, unit) == []
        assert station.ask("door.open_still", user=leaver.name) == 0, "the session at the workplace goes on"
        assert not signs_in(scene, seat, leaver)
        assert not opens_mailbox(scene, leaver, at=seat)
        assert not station.ask("mailbox.open_still", user=leaver.name, seconds=10.0), "the mail program is served still"
        assert browser.opens(desk)["code"] == "", "who was signed in at the portal still enters the help desk"
        browser.start()
        browser.goes(f"{browser.issuer}/", FORM)
        told = browser.signs_in(leaver, f"document.body.innerText.includes('{REFUSAL}') || {MENU}")
        assert REFUSAL in told["text"], "the portal lets in who has left"
