"""HLP-03: every incident gets a priority, a group and a clock, and ends with a resolution."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.federation.record import Support
from samdrift.federation.support import COMPETENCES, SYSTEMS, System
from tests.checks.desk import Desk, agents, by_when
from tests.checks.post import people
from tests.checks.register import Person
from tests.checks.scene import Scene, new_word
from tests.checks.watch import first

PRIORITIES = {"Akut": 40, "Hög": 30, "Normal": 20, "Låg": 10}
"""Name and RT's number, the most urgent first."""
USUAL = "Normal"
"""Of a case whose user says nothing about it."""
SLACK = timedelta(seconds=90)
"""Between the case and its clock; both are read to the second."""
ALARM = 300.0
"""Seconds within which the desk is told that a time is over."""


@pytest.mark.requirement("HLP-03")
def test_hlp_03_every_kind_and_priority(scene: Scene, evidence: Evidence) -> None:
    """A case that nobody's clock runs for is answered when somebody stumbles over it.

    Who was on the telephone has been answered: these have a time to be solved. Who wrote has one to be answered.
    """
    desk = Desk(scene)
    evidence.need(len(SYSTEMS) * len(PRIORITIES) + len(scene.members))
    titles = {one.name: one.title for one in COMPETENCES}
    with people(scene, scene.members) as askers, agents(scene, [scene.members[0]]) as (agent,):
        wrong = []
        for number, (system, priority) in enumerate((one, other) for one in SYSTEMS for other in PRIORITIES):
            asker = askers[number % len(askers)]
            case = registered(desk, agent, asker, system, PRIORITIES[priority])
            found = desk.case(agent, case)
            evidence.case()
            support = agreement(scene, asker)
            minutes = support.solved[list(PRIORITIES).index(priority)]
            expected = by_when(moment(found["Created"]), minutes, support, always=system.always)
            groups = {one["id"] for one in found["AdminCc"] if one.get("type") == "group"}
            names = {group_name(desk, agent, one) for one in groups}
            due = moment(found["Due"])
            evidence.note(f"{asker.member.key}, {system.title}, {priority}: {names}, due {due}, agreed {expected}")
            if names != {titles[system.competence]}:
                wrong.append(f"a case about {system.title} goes to {names or 'nobody'}")
            if abs(due - expected) > SLACK:
                wrong.append(f"{asker.member.key}, {system.title}, {priority}: due {due}, agreed was {expected}")
        for asker in askers:
            found = desk.case(agent, desk.open_case(asker, f"Fråga {new_word()}", "Det fungerar inte."))
            evidence.case()
            support = agreement(scene, asker)
            minutes = support.answered[list(PRIORITIES).index(USUAL)]
            due, expected = moment(found["Due"]), by_when(moment(found["Created"]), minutes, support, always=False)
            if abs(due - expected) > SLACK:
                wrong.append(f"{asker.member.key}, by the portal: due {due}, agreed was {expected}")
        assert not wrong, first(wrong)


@pytest.mark.requirement("HLP-03")
def test_hlp_03_closed_with_a_resolution_only(scene: Scene, evidence: Evidence) -> None:
    """Closed without a word to the user is not solved but forgotten; the same for states that jump."""
    desk = Desk(scene)
    evidence.need(4)
    with people(scene, [scene.members[0]]) as (asker,), agents(scene, [scene.members[-1]]) as (agent,):
        case = desk.open_case(asker, f"Fråga {new_word()}", "Inget ljud.")
        wrong = []
        for status in ("resolved", "supplier", "deleted", "rejected"):
            said = desk.change(agent, case, Status=status)
            evidence.case()
            evidence.note(f"{status}: {said}")
            if desk.case(agent, case)["Status"] == status:
                wrong.append(f"a new case becomes {status} without an answer or an owner")
        desk.answer(agent, case, "Höj volymen.")
        said = desk.change(agent, case, Status="resolved")
        evidence.control(f"with its answer it is closed: {said}", alive=desk.case(agent, case)["Status"] == "resolved")
        assert not wrong, first(wrong)


@pytest.mark.requirement("HLP-03")
def test_hlp_03_the_alarm_fires(scene: Scene, evidence: Evidence) -> None:
    """Nobody looks at a list of due times; the time itself has to speak."""
    desk = Desk(scene)
    with people(scene, [scene.members[0]]) as (asker,), agents(scene, [scene.members[-1]]) as (agent,):
        late, early = (desk.open_case(asker, f"Fråga {new_word()}", "Långsamt.") for _ in range(2))
        over = datetime.now(UTC) - timedelta(hours=3)
        desk.change(agent, late, Due=f"{over:%Y-%m-%d %H:%M:%S}")
        evidence.case()
        deadline = time.monotonic() + ALARM
        while not (fired := "Tiden är ute" in desk.history(agent, late)) and time.monotonic() < deadline:
            time.sleep(5)
        quiet = "Tiden är ute" not in desk.history(agent, early)
        evidence.control("no alarm for a case that has time left", alive=quiet)
        assert fired, f"case {late} is over its time, and nobody was told within {ALARM:g} s"


def registered(desk: Desk, agent: Person, asker: Person, system: System, priority: int) -> int:
    """Write a case down for somebody; return its number."""
    told = {
        "Queue": "Servicedesk",
        "Subject": f"Fråga {new_word()}",
        "Requestor": asker.address,
        "Content": "Det fungerar inte.",
        "Priority": priority,
        "CustomFields": {"System": system.title},
    }
    answer = desk.api(agent, "/ticket", "POST", told)
    if answer["code"] != 201:
        raise OSError(f"the desk takes no case: {answer['code']} {answer['answer']}")
    return int(answer["answer"]["id"])


def group_name(desk: Desk, agent: Person, number: object) -> str:
    """Name of a group of the desk."""
    return str(desk.api(agent, f"/group/{number}")["answer"].get("Name"))


def agreement(scene: Scene, asker: Person) -> Support:
    """What the person's member agreed with the desk."""
    return asker.member.support or scene.federation.hall.support


def moment(text: object) -> datetime:
    """A time of the API."""
    return datetime.fromisoformat(str(text).replace("Z", "+00:00"))
