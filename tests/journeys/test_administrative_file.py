"""A pupil who must not reach an administrative file."""

import pytest

from tests.checks.register import Person, signs_in
from tests.checks.scene import Scene, new_word
from tests.checks.service import shared_services
from tests.journeys.conftest import MEMBER, hired

pytestmark = pytest.mark.lab

PORTS = (22, 80, 111, 139, 443, 445, 2049, 3389, 5900)
"""What somebody who looks for files tries first."""


def test_a_pupil_does_not_reach_an_administrative_file(scene: Scene) -> None:
    """Not over the network, not by sitting down there, not by reading along at the pupils' own workplace."""
    with hired(scene, "staff", "pupils") as (_, (official, pupil)):
        word = decision(scene, official)
        station = scene.station(f"{MEMBER}-ped")
        targets = [
            {"name": f"{MEMBER}-adm", "address": address, "protocol": "tcp", "port": port}
            for address in scene.at(f"{MEMBER}-adm").addresses
            for port in PORTS
        ]
        told = station.ask("sender.burst", targets=targets, word=new_word(), seconds=5.0)
        assert [one for one in told if one["result"] == "answered"] == []
        told = station.ask("sender.burst", targets=shared_services(scene), word=new_word(), seconds=5.0)
        assert {one["result"] for one in told} == {"answered"}, "the pupils' network works"

        assert signs_in(scene, f"{MEMBER}-ped", pupil)
        assert not signs_in(scene, f"{MEMBER}-adm", pupil), "the pupil's password opens the administrative workplace"
        assert signs_in(scene, f"{MEMBER}-adm", official)
        assert seen_by(scene, f"{MEMBER}-adm", official, official) == word
        assert seen_by(scene, f"{MEMBER}-ped", pupil, official) == "", "homes do not follow people into another network"


def decision(scene: Scene, official: Person) -> str:
    """The official writes a file at the own workplace; return what it says."""
    word = new_word()
    assert signs_in(scene, f"{MEMBER}-adm", official)
    done = scene.station(f"{MEMBER}-adm").ask(
        "shell.run",
        command=["runuser", "-u", official.name, "--", "sh", "-c", "umask 077; cat > ~/beslut.txt"],
        given=word,
    )
    assert done["code"] == 0, done["err"]
    return word


def seen_by(scene: Scene, workplace: str, reader: Person, owner: Person) -> str:
    """What the reader gets to read of the owner's file."""
    path = f"/home/{owner.name}/beslut.txt"
    done = scene.station(workplace).ask("shell.run", command=["runuser", "-u", reader.name, "--", "cat", path])
    return str(done["out"])
