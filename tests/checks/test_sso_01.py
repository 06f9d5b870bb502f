"""SSO-01: one sign-in at the workplace opens every application of the role."""

import pytest

from samdrift.compliance.evidence import Evidence
from tests.checks import portal, post
from tests.checks.portal import AGREEMENT, MENU
from tests.checks.scene import Scene
from tests.checks.watch import first


@pytest.mark.requirement("SSO-01")
def test_sso_01_one_sign_in_opens_every_application(member: str, scene: Scene, evidence: Evidence) -> None:
    """Who is asked again and again types a password wherever something asks, also where nobody should."""
    own, applications = scene.member(member), portal.for_kind("staff")
    standing = [one for one in applications if one.guest in scene.guests]
    evidence.need(1 + len(applications) + len(standing))
    asked = []
    with post.people(scene, [own], accepted=False) as (person,):
        workplace = scene.station(f"{member}-adm")
        try:
            told = workplace.ask("sign_in.attempt", user=person.name, password=person.password, patience=60.0)
        finally:
            workplace.ask("sign_in.tidy", user=person.name)
        evidence.control(f"{person.name} signs in at {member}-adm and has a ticket", alive=bool(told["ticket"]))
        with portal.visitor(scene, own) as browser:
            browser.start(ticket=told["ticket"])
            page = browser.goes(f"{browser.issuer}/", f"{AGREEMENT} || {portal.FORM}")
            evidence.case()
            evidence.note(f"the portal knows {person.name} by the ticket: {bool(page['there']) and not page['asks']}")
            asked += ["the portal asks for a password after a sign-in at the workplace"] if page["asks"] else []
            if page["asks"]:
                browser.signs_in(person, AGREEMENT)
            browser.answers("accept", MENU)
            for one in applications:
                page = browser.opens(one)
                told = browser.redeems(one, page["code"]) if page["code"] else {}
                seen = told.get("person", {}).get("sub")
                evidence.case()
                evidence.note(f"{one.name} is told that it is {seen}, asked for a password: {page['asks']}")
                if page["asks"]:
                    asked.append(f"{one.name} asks for a password again")
                elif seen != person.name:
                    asked.append(
                        f"{one.name} is not opened for {person.name}: {page['url']} {page['text'][:100]!r} {told}"
                    )
            for one in standing:
                address = one.address(scene.federation)
                # Only a page made for the person has the name in it.
                own_page = f"document.documentElement.outerHTML.includes('{person.name}')"
                page = browser.goes(address, f"location.href.startsWith('{address}') && {own_page}")
                evidence.case()
                evidence.note(
                    f"{one.name} itself shows {person.name} an own page: {page['there']}, at {page['url'][:60]}"
                )
                if page["asks"]:
                    asked.append(f"{one.name} itself asks for a password")
                elif not page["there"]:
                    asked.append(
                        f"{one.name} itself does not let {person.name} in: {page['url']} {page['text'][:100]!r}"
                    )
    assert not asked, first(asked)
