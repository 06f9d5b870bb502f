"""HLP-02: the desk owns a case to the end, whoever works on it."""

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.federation.support import HOST, MAILBOX
from tests.checks.desk import Desk, agents
from tests.checks.post import (
    DELIVERY,
    OUTSIDE,
    exchanger,
    from_outside,
    letter,
    mailbox,
    people,
    world_mailbox,
)
from tests.checks.register import Person
from tests.checks.scene import Scene, new_word
from tests.checks.watch import first

SILENCE = 49
"""Hours: one more than a supplier may be silent."""


@pytest.mark.requirement("HLP-02")
def test_hlp_02_a_supplier_closes_nothing(scene: Scene, evidence: Evidence) -> None:
    """A supplier says "done" to the desk; the user hears it from the desk, and only then is the case over."""
    desk, hall = Desk(scene), scene.federation.hall
    mine, other = scene.members[0], scene.members[-1]
    evidence.need(8)
    with people(scene, [mine]) as (asker,), agents(scene, [other]) as (agent,):
        wrong: list[str] = []

        def must(sentence: str, held: bool) -> None:
            evidence.case()
            evidence.note(f"{'yes' if held else 'NO'}: {sentence}")
            if not held:
                wrong.append(f"not so: {sentence}")

        number = desk.open_case(asker, f"Fråga {new_word()}", "Skrivaren svarar inte.")
        desk.change(agent, number, Status="supplier")
        must("a case that nobody owns does not leave the desk", desk.case(agent, number)["Status"] != "supplier")
        desk.change(agent, number, Owner=agent.name)
        supplier, asked = f"{new_word()}@{OUTSIDE}", new_word()
        groups = [one["id"] for one in desk.case(agent, number)["AdminCc"]]
        desk.change(agent, number, AdminCc=[*groups, supplier])
        told = desk.change(agent, number, Status="supplier")
        waits = desk.case(agent, number)["Status"] == "supplier"
        evidence.control(f"the case waits for the supplier ({'; '.join(told)})", alive=waits)
        desk.answer(agent, number, f"Kan ni hjälpa till? {asked}", internal=True)
        evidence.control("the supplier is asked", alive=bool(world_mailbox(scene, asked, seconds=DELIVERY)))
        for owner in (asker.name, supplier, "Nobody"):
            desk.change(agent, number, Owner=owner)
            must(f"{owner} does not become the owner", owns(desk, agent, number) == agent.name)
        remind = ["runuser", "-u", "www-data", "--", "samdrift-helpdesk", "clock", str(number), str(SILENCE)]
        reminder = scene.station(HOST).ask("shell.run", command=remind, patience=60.0)
        must("the desk is reminded of a silent supplier", "tyst" in str(reminder["out"]))

        done = letter(supplier, f"{MAILBOX}-intern@{hall.domain}", body="Klart hos oss, ni kan stänga.")
        subject = f"Subject: [{hall.domain} #{number}] {done.word}".encode()
        old = next(line for line in done.octets.split(b"\r\n") if line.startswith(b"Subject:"))
        answered = type(done)(done.word, done.octets.replace(old, subject))
        address = exchanger(scene, hall.domain)[0]
        to = f"{MAILBOX}-intern@{hall.domain}"
        sent = from_outside(scene, answered, sender=supplier, recipient=to, address=address)
        evidence.control(
            f"the supplier's answer is handed in ({sent['code']} {sent['words']})", alive=sent["step"] == "taken"
        )
        back = desk.wait_for_status(agent, number, "open", seconds=DELIVERY)
        evidence.control(
            "the supplier's answer is in the case", alive=back and done.word in desk.history(agent, number)
        )
        must("the owner is who it was", owns(desk, agent, number) == agent.name)
        desk.change(agent, number, Status="resolved")
        must("nobody closes before the user was told", desk.case(agent, number)["Status"] == "open")
        solved = new_word()
        desk.answer(agent, number, f"Nu ska det fungera. {solved}")
        letters = mailbox(scene, asker, solved, seconds=DELIVERY)
        must(
            "the user gets the answer from the desk", bool(letters) and desk.address(mine) in str(letters[0]["sender"])
        )
        must("the user does not get the supplier's words", not mailbox(scene, asker, done.word))
        desk.change(agent, number, Status="resolved")
        must("the case is over once the user was told", desk.case(agent, number)["Status"] == "resolved")
        assert not wrong, first(wrong)


def owns(desk: Desk, agent: Person, number: int) -> str:
    """Name of who owns the case."""
    return str(desk.case(agent, number)["Owner"]["id"])
