"""SSO-03: a privileged sign-in needs a second factor, which a password alone cannot make."""

from dataclasses import replace

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.federation import application
from tests.checks import portal, post
from tests.checks.portal import AGREEMENT, AGREEMENT_WORD, CODE, FORM, MENU, SETTLED
from tests.checks.register import Person
from tests.checks.scene import Scene
from tests.checks.watch import first

NO_FACTOR, WRONG_CODE = (f"document.body.innerText.includes('{word}')" for word in ("två steg", "fel"))
"""What the portal says to somebody who has no second factor, and of a code that is not the one of now."""


@pytest.mark.requirement("SSO-03")
def test_sso_03_a_password_alone_opens_nothing_privileged(scene: Scene, evidence: Evidence) -> None:
    """A password is typed in many places, and read in some: who holds the platform's keys shows something else too."""
    own, watched = scene.members[0], application.BY_NAME["monitoring"]
    evidence.need(6)
    wrong = []
    with post.people(scene, [own], accepted=False) as (person,), portal.visitor(scene, own) as browser:
        scene.station("dc1").ask("account.add_to", name=person.name, group=application.OPERATORS)
        browser.goes(f"{browser.issuer}/", FORM)
        page = browser.signs_in(person, f"{NO_FACTOR} || {MENU} || {AGREEMENT} || {CODE}")
        if AGREEMENT_WORD in page["text"]:
            page = browser.page()
        if AGREEMENT_WORD in page["text"]:
            browser.answers("accept", MENU)
        page = browser.opens(watched)
        evidence.case()
        evidence.note(f"with the password and no second factor: {page['text'][:80]!r}")
        wrong += [] if page["asks"] and not page["code"] else ["a password alone signs a privileged person in"]
        page = browser.goes(f"{browser.issuer}/2fregisters/totp", SETTLED)
        evidence.case()
        wrong += [] if page["asks"] else ["a password alone gives a privileged person a second factor"]

        key = portal.give_second_factor(scene, person)
        browser.start()
        browser.goes(f"{browser.issuer}/", FORM)
        browser.signs_in(person, f"{CODE} || {AGREEMENT} || {MENU}")
        evidence.case()
        asked = browser.shows(CODE)
        evidence.note(f"the portal asks for the second factor: {asked}")
        if not asked:
            wrong.append("a privileged person who has a second factor is not asked for it")
        else:
            right = portal.totp(key)
            refused = browser.enters_code(f"{(int(right) + 1) % 1_000_000:06d}", WRONG_CODE)
            wrong += [] if refused["there"] else ["any code is taken"]
            browser.enters_code(portal.totp(key), AGREEMENT)
        page = browser.page()
        if AGREEMENT_WORD in page["text"]:
            browser.answers("accept", MENU)
        page = browser.opens(watched)
        told = browser.redeems(watched, page["code"]) if page["code"] else {}
        evidence.case()
        evidence.control(f"with both, {person.name} enters {watched.name}", alive=bool(told) or bool(wrong))
        evidence.note(f"{watched.name} is told: {told.get('claims', {}).get('acr')}")
        wrong += by_mail(scene, evidence, replace(person, key=key))
    assert not wrong, first(wrong)


def by_mail(scene: Scene, evidence: Evidence, person: Person) -> list[str]:
    """What is wrong at the doors of mail that no browser is needed for, for somebody who has accepted the agreement."""
    with post.people(scene, [person.member]) as (ordinary,):
        others = post.doors(scene, ordinary, password=ordinary.password)
        evidence.control(f"{ordinary.name}, who is not privileged, comes in by a password", alive=all(others.values()))
    by_password = post.doors(scene, person, password=person.password)
    evidence.case()
    evidence.note(f"{person.name} at the doors of mail, by a password: {by_password}")
    wrong = [f"a privileged person's password opens {door}" for door, is_open in by_password.items() if is_open]
    token = portal.token(scene, application.BY_NAME[application.MAIL], person)
    by_token = post.doors(scene, person, token=token)
    evidence.case()
    evidence.note(f"and with what the portal gives out after the second factor: {by_token}")
    return wrong + [
        f"{door} takes nothing from a privileged person" for door, is_open in by_token.items() if not is_open
    ]
