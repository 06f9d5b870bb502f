"""A new teacher: from a row in the personnel system to the first lesson's mail."""

import pytest

from tests.checks import portal, post
from tests.checks.portal import AGREEMENT, FORM, MENU
from tests.checks.register import Person, Registers, signs_in
from tests.checks.scene import Scene
from tests.journeys.conftest import MEMBER, hired, read

pytestmark = pytest.mark.lab


def test_a_new_teacher(scene: Scene) -> None:
    """Nobody but the personnel system and the help desk did anything for it."""
    with hired(scene, "staff", "pupils", title="Lärare") as (registers, (teacher, pupil)):
        assert "role-teacher" in groups(scene, teacher)
        assert joined_by_rule(registers, teacher)
        assert signs_in(scene, f"{MEMBER}-ped", teacher), "the teacher sits where the pupils sit"
        assert signs_in(scene, f"{MEMBER}-adm", teacher), "and has marks to set in the administrative network"

        with portal.visitor(scene, teacher.member, "ped") as browser:
            browser.goes(f"{browser.issuer}/", FORM)
            assert browser.signs_in(teacher, AGREEMENT)["there"], "who is new is asked for the agreement first"
            assert browser.answers("accept", MENU)["there"]
        assert len(portal.noted(scene, teacher)) == 1, "the acceptance is kept"

        registers.accept(pupil)
        for one in (teacher, pupil):
            registers.as_known(one, accepted=True)
        lesson = post.letter(teacher.address, pupil.address, body="Välkommen till första lektionen.")
        assert post.submit(scene, lesson, sender=teacher, recipient=pupil.address)["step"] == "taken"
        assert read(scene, pupil, lesson.word, at=f"{MEMBER}-ped") == ["INBOX"]
        answer = post.letter(pupil.address, teacher.address, body="Tack, vi ses.")
        assert post.submit(scene, answer, sender=pupil, recipient=teacher.address)["step"] == "taken"
        assert read(scene, teacher, answer.word, at=f"{MEMBER}-ped") == ["INBOX"]


def groups(scene: Scene, one: Person) -> str:
    """The person's groups, as the directory lists them."""
    command = ["samba-tool", "user", "getgroups", one.name]
    return str(scene.station("dc1").ask("shell.run", command=command, patience=60.0)["out"])


def joined_by_rule(registers: Registers, one: Person) -> bool:
    """Whether the journal tells who made the account."""
    return any(line["verb"] == "join" for line in registers.journal(one.name))
