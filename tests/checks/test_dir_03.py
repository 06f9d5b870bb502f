"""DIR-03: nothing opens before the user agreement is accepted, and the acceptance is kept."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from samdrift.compliance.evidence import Evidence
from tests.checks import portal, post
from tests.checks.portal import AGREEMENT, AGREEMENT_WORD, FORM, MENU
from tests.checks.scene import Scene
from tests.checks.watch import first


@pytest.mark.requirement("DIR-03")
def test_dir_03_no_application_opens_before_the_agreement(member: str, scene: Scene, evidence: Evidence) -> None:
    """Rules that nobody was told bind nobody; and who did not accept them has signed nothing."""
    own, agreement, applications = scene.member(member), scene.federation.hall.agreement, portal.for_kind("staff")
    evidence.need(2 * len(applications) + 5)
    wrong: list[str] = []
    with post.people(scene, [own], accepted=False) as (person,), portal.visitor(scene, own) as browser:

        def shut(when: str) -> None:
            for one in applications:
                browser.start()
                browser.opens(one)
                page = browser.signs_in(person, f"{AGREEMENT} || {MENU} || {browser.left}")
                evidence.case()
                evidence.note(f"{when}, {one.name}: {page['url'][:60]}")
                if AGREEMENT_WORD not in page["text"]:
                    wrong.append(f"{one.name} opens {when}")
            told = post.doors(scene, person, password=person.password)
            evidence.case()
            evidence.note(f"{when}, mail without a browser: {told}")
            wrong.extend(f"{door} opens {when}" for door, is_open in told.items() if is_open)

        shut("before the agreement")
        if not wrong:
            browser.answers("decline", "document.body.innerText.includes('Inga tjänster')")
        shut("after it was declined")
        began = datetime.now(UTC) - timedelta(seconds=5)
        if not wrong:
            page = browser.answers("accept", browser.left)
            evidence.control("who accepts comes to the application", alive=bool(page["there"]))
            told = post.doors(scene, person, password=person.password)
            evidence.control("and to the mailbox", alive=all(told.values()))
        kept = [json.loads(line) for line in portal.noted(scene, person)]
        right = [
            one
            for one in kept
            if one["version"] == agreement.version
            and one["text"] == hashlib.sha256(agreement.text.encode()).hexdigest()
            and datetime.fromisoformat(one["time"]) >= began
        ]
        evidence.case()
        evidence.note(f"kept of {person.name}: {kept}")
        wrong += [] if len(right) == 1 else [f"the acceptance of {person.name} is not kept as it was: {kept}"]
        whole = scene.station("sso").ask("shell.run", command=["samdrift-agreement", "verify"])
        evidence.case()
        wrong += [] if whole["code"] == 0 else [f"notes of acceptances were changed: {whole['err'].strip()}"]
        browser.start()
        browser.goes(f"{browser.issuer}/", FORM)
        page = browser.signs_in(person, f"{MENU} || {AGREEMENT}")
        evidence.case()
        wrong += [] if AGREEMENT_WORD not in page["text"] else ["who has accepted is asked again"]
    assert not wrong, first(wrong)
