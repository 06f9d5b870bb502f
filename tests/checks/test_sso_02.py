"""SSO-02: a sign-in opens what the role opens, and nothing else."""

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.federation import application
from tests.checks import portal, post
from tests.checks.portal import AGREEMENT, MENU
from tests.checks.register import ALL_KINDS, joined, new_person
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


@pytest.mark.requirement("SSO-02")
def test_sso_02_mail_programs_too(member: str, scene: Scene, evidence: Evidence) -> None:
    """A mail program sees no menu and no page: IMAP and submission themselves tell whom mail is not for.

    By the directory's password, everybody with an account that opens something or nothing; by a token, somebody whom
    mail is for, with what the portal gave out for it and with what it gave out for the desk.
    """
    own, mail = scene.member(member), application.BY_NAME[application.MAIL]
    kinds = sorted(ALL_KINDS, key=mail.opens_to, reverse=True)  # Dovecot lets a host wait that it has refused
    tokens = {mail: True, application.BY_NAME["desk"]: False}
    evidence.need(2 * (len(tokens) + len(kinds)))
    told = {}
    with joined(scene, [new_person(own, kind) for kind in kinds]) as (_, people):
        user = people[0]
        for service, opens in tokens.items():
            token = portal.token(scene, service, user)
            told[f"{user.kind} of {member}, token of {service.name}"] = opens, post.doors(scene, user, token=token)
        for one in people:
            opens = mail.opens_to(one.kind)
            told[f"{one.kind} of {member}, password"] = opens, post.doors(scene, one, password=one.password)
    wrong = []
    for who, (opens, doors) in told.items():
        evidence.case(len(doors))
        evidence.note(f"{who}: {doors}")
        does = "come in" if not opens else "do not come in"
        wrong += [f"{who}: {does} by {door}" for door, is_open in doors.items() if is_open != opens]
    assert not wrong, first(wrong)
