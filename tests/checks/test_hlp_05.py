"""HLP-05: people are asked after a case, and the published figure is what they said."""

import re
import time
from collections.abc import Mapping
from itertools import cycle
from typing import Any

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.federation.record import Member
from tests.checks.desk import Desk, agents
from tests.checks.post import DELIVERY, mailbox, people, workplace
from tests.checks.register import Person
from tests.checks.scene import Scene, new_word
from tests.checks.watch import first

GIVEN = (5, 1, 4)
"""Good and bad, by turns: an index that only counts one of them is found out."""
FIELD = "Nöjdhet"


@pytest.mark.requirement("HLP-05")
def test_hlp_05_asked_and_counted(scene: Scene, evidence: Evidence) -> None:
    """A figure that nobody can recompute is an opinion of the one who publishes it."""
    desk = Desk(scene)
    evidence.need(len(scene.members))
    with people(scene, scene.members) as askers, agents(scene, [scene.members[0]]) as (agent,):
        before, wrong = published(desk, askers[0]), []
        for asker, given in zip(askers, cycle(GIVEN), strict=False):
            link = closed(desk, scene, asker, agent)
            evidence.case()
            if not link:
                wrong.append(f"{asker.address} is not asked after the case was closed")
                continue
            unread = published(desk, asker)[asker.member.municipality]["answers"]
            told = workplace(scene, asker).ask("case.satisfied", link=link, answer=given, patience=90.0)
            evidence.control(f"{asker.member.key}: the answer {given} is taken", alive="Tack" in told["told"])
            if unread != before[asker.member.municipality]["answers"]:
                wrong.append(f"{asker.member.key}: an answer is counted that nobody gave")
        after = published(desk, askers[0])
        for member, given in zip(scene.members, cycle(GIVEN), strict=False):
            answers = given_in(desk, agent, member)
            said = after[member.municipality]
            index = round(25 * (sum(answers) / len(answers) - 1), 1) if answers else None
            evidence.note(f"{member.municipality}: {len(answers)} answers, index {index}; published {said}")
            if given not in answers:
                wrong.append(f"{member.municipality}: the answer {given} is in no case")
            if (said["answers"], said["index"]) != (len(answers), index):
                wrong.append(f"{member.municipality}: published {said}, recomputed {len(answers)} answers, {index}")
        assert not wrong, first(wrong)


def closed(desk: Desk, scene: Scene, asker: Person, agent: Person) -> str:
    """Open, answer and close a case; return the link by which the user is asked."""
    word = new_word()
    case = desk.open_case(asker, f"Fråga {word}", "Hur gör jag?")
    desk.answer(agent, case, "Så här gör du.")
    said = desk.change(agent, case, Status="resolved")
    if desk.case(agent, case)["Status"] != "resolved":
        raise OSError(f"case {case} is not closed: {said}")
    deadline = time.monotonic() + DELIVERY
    while time.monotonic() < deadline:
        for one in mailbox(scene, asker, word):
            if link := re.search(rf'https://{re.escape(desk.host)}/NoAuth/Satisfaction\.html\?[^"\s>]+', one["text"]):
                return link[0].replace("&amp;", "&")
        time.sleep(2)
    return ""


def published(desk: Desk, who: Person) -> Mapping[str, Any]:
    """The figures that everybody can read."""
    told: Mapping[str, Any] = workplace(desk.scene, who).ask("case.published", host=desk.host, patience=60.0)
    return told


def given_in(desk: Desk, agent: Person, member: Member) -> list[int]:
    """Every answer in the member's cases."""
    found = desk.cases(agent, f"Queue = '{member.municipality}' AND CF.{{{FIELD}}} IS NOT NULL")
    values = [one["values"] for case in found for one in case["CustomFields"] if one.get("name") == FIELD]
    return [int(value) for answers in values for value in answers]
