"""SSO-02: a sign-in opens what the role opens, and nothing else."""

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.federation import application
from tests.checks import portal, post
from tests.checks.portal import AGREEMENT, MENU
from tests.checks.scene import Scene
from tests.checks.watch import first

PLACES = {"staff": "adm", "pupils": "ped"}
"""Kind of people -> the network they sit in."""


@pytest.mark.requirement("SSO-02")
def test_sso_02_only_what_the_role_requires(member: str, scene: Scene, evidence: Evidence) -> None:
    """Every pair of role and application, inside and outside the role, by the request itself and not by the menu."""
    own = scene.member(member)
    evidence.need(len(PLACES) * len(application.APPLICATIONS))
    wrong = []
    for kind, network in PLACES.items():
        inside = portal.for_kind(kind)
        with (
            post.people(scene, [own], kind=kind, accepted=False) as (person,),
            portal.visitor(scene, own, network) as browser,
        ):
            browser.goes(f"{browser.issuer}/", portal.FORM)
            browser.signs_in(person, AGREEMENT)
            page = browser.answers("accept", MENU)
            evidence.control(f"{person.name} of {member}'s {kind} is signed in", alive=bool(page["there"]))
            for one in application.APPLICATIONS:
                page = browser.opens(one)
                told = browser.redeems(one, page["code"]) if page["code"] else {}
                entered = told.get("person", {}).get("sub") == person.name
                evidence.case()
                evidence.note(f"{kind} of {member}, {one.name}: {'enters' if entered else 'is refused'}")
                if entered != (one in inside):
                    does = "enter" if entered else "do not enter"
                    wrong.append(f"{kind} of {member} {does} {one.name}: {page['text'][:100]!r}")
    assert not wrong, first(wrong)
