"""DIR-04: what a register owns is set by rule only."""

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.standard import catalogue
from tests.checks.register import automatic, joined, new_person
from tests.checks.scene import Scene, new_word
from tests.checks.watch import first

ATTRIBUTES = ["division", "manager", "memberOf", "displayName"]


@pytest.mark.requirement("DIR-04")
def test_dir_04_a_hand_edit_does_not_last(member: str, scene: Scene, evidence: Evidence) -> None:
    """What somebody sets by hand is right for a week and wrong for years, and nobody knows where it came from."""
    limit = catalogue.load().by_id("DIR-04").threshold("cycle")
    here = scene.member(member)
    boss, one = new_person(here, "staff"), new_person(here, "staff")
    origin, word = scene.station("dc1"), new_word()
    group = f"{member}-elected"
    evidence.need(4)
    wrong = []
    with joined(scene, [boss]), joined(scene, [one], unit="Probe unit", manager=boss.id) as (registers, _):
        right = origin.ask("account.shown", name=one.name, attributes=ATTRIBUTES)
        evidence.control(f"{one.name} has its manager by rule", alive=bool(right["manager"]))

        # Seen at once, by whoever made them: a cycle of its own accord may come at any moment.
        division = origin.ask("account.change", name=one.name, attribute="division", value=word)
        manager = origin.ask("account.change", name=one.name, attribute="manager", value="")
        origin.ask("account.add_to", group=group, name=one.name)
        evidence.control("the hand edits were there", alive=division == [word] and not manager)
        seconds = registers.cycle()
        after = origin.ask("account.shown", name=one.name, attributes=ATTRIBUTES)
        for what in ("division", "manager", "memberOf"):
            evidence.case()
            kept = sorted(after[what]) != sorted(right[what])
            wrong += [f"{what} of {one.name} is {after[what]} and not {right[what]} again"] if kept else []
        told = [line for line in registers.journal(word) if line.get("verb") == "revert"]
        evidence.note(f"the journal says of {word}: {told}")
        wrong += [] if told else [f"the journal does not tell of the hand edit {word}"]

        registers.put(one, unit=f"Enhet {word}", manager=boss.id)
        registers.cycle()
        evidence.case()
        now = origin.ask("account.shown", name=one.name, attributes=ATTRIBUTES)["division"]
        wrong += [] if now == [f"Enhet {word}"] else [f"a change in the register does not come through: {now}"]
        wrong += automatic(registers, evidence, limit=limit, seconds=seconds)
    assert not wrong, first(wrong)
