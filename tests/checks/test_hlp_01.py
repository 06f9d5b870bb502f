"""HLP-01: one contact point, one case system that every technician sees."""

import pytest

from samdrift.compliance.evidence import Evidence
from tests.checks.desk import Desk, agents
from tests.checks.post import DELIVERY, letter, mailbox, people, submit
from tests.checks.scene import Scene, new_word
from tests.checks.watch import first

ENTRY = "Servicedesk"
"""Where a case is put that somebody tells on the telephone; whose it is, the desk finds out."""


@pytest.mark.requirement("HLP-01")
def test_hlp_01_one_desk_for_every_member(member: str, scene: Scene, evidence: Evidence) -> None:
    """By form, by mail and by telephone: each becomes one case, with the right member, that a technician elsewhere
    answers; and nobody else reads it."""
    desk, own = Desk(scene), scene.member(member)
    elsewhere = next(one for one in scene.members if one.key != member)
    evidence.need(3)
    with people(scene, [own, elsewhere]) as (asker, stranger), agents(scene, [elsewhere]) as (agent,):
        words = {way: new_word() for way in ("portal", "telephone")}
        desk.open_case(asker, f"Fråga {words['portal']}", "Skärmen är svart.")
        told = {
            "Queue": ENTRY,
            "Subject": f"Fråga {words['telephone']}",
            "Requestor": asker.address,
            "Content": "Ringde",
        }
        evidence.control(
            "a case is written down from a call", alive=desk.api(agent, "/ticket", "POST", told)["code"] == 201
        )
        written = letter(asker.address, desk.address(own))
        taken = submit(scene, written, sender=asker, recipient=desk.address(own))
        evidence.control("the letter to the desk is taken", alive=taken["step"] == "taken")
        words["mail"] = written.word

        wrong = []
        for way, word in words.items():
            found = desk.wait_for_case(agent, word, seconds=DELIVERY)
            evidence.case()
            evidence.note(f"{way}: {len(found)} cases, {[one['Queue']['Name'] for one in found]}")
            if len(found) != 1:
                wrong.append(f"a question by {way} became {len(found)} cases")
                continue
            number, whose = int(found[0]["id"]), found[0]["Queue"]["Name"]
            wrong += [f"a question by {way} is {whose}'s"] if whose != own.municipality else []
            answer = new_word()
            if not desk.answer(agent, number, f"Prova att starta om. {answer}"):
                wrong.append(f"{agent.name} at {elsewhere.key} cannot answer case {number}")
            elif not mailbox(scene, asker, answer, seconds=DELIVERY):
                wrong.append(f"the answer in case {number} (by {way}) does not reach {asker.address}")
            elif answer not in desk.shown(asker, number)["text"]:
                wrong.append(f"the portal does not show the answer in case {number}")
            if word in desk.shown(stranger, number)["text"]:
                wrong.append(f"{stranger.name} of {elsewhere.key} reads case {number}")
        assert not wrong, first(wrong)
