"""Whose lab a verb works on: never another checkout's, and never a real platform's."""

from pathlib import Path
from typing import Any

import pytest

from samdrift import lab, state
from samdrift.lab import LabError, Place
from samdrift.rollout import RolloutError, federation_of, raise_stacks
from samdrift.state import State

PLACE = Place(nodes=("pve1",), desk="mgt=10.0.2.2/24", routes=(), packages="")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of its own, and no lab that runs."""
    for name in ("SAMDRIFT_LAB", "SAMDRIFT_STATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(lab, "status", lambda name: {"alive": False, "checkout": None})
    return tmp_path / "samdrift"


def taken(home: Path, name: str, *, by: Path) -> None:
    (home / name).mkdir(parents=True)
    (home / name / "checkout").write_text(f"{by}\n")


def test_a_lab_of_another_checkout_is_not_this_ones(home: Path, tmp_path: Path) -> None:
    """Also when it does not run at the moment: after a reboot it is still somebody's."""
    other = tmp_path / "other-checkout"
    other.mkdir()
    taken(home, "lab", by=other)
    assert state.current().name == lab.choose_name() == "lab2"
    other.rmdir()
    assert state.current().name == lab.choose_name() == "lab", "its checkout is gone: the next one may clear it"


def test_the_lab_this_checkout_started_is_found_again(home: Path) -> None:
    taken(home, "lab3", by=state.REPOSITORY)
    assert state.current().name == lab.choose_name() == "lab3"


def test_a_living_lab_of_another_checkout_is_not_started_over(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "status", lambda name: {"alive": True, "checkout": "/elsewhere"})
    with pytest.raises(LabError, match="'mine' is alive under /elsewhere"):
        lab.start(State("mine", home / "mine"), PLACE, say=print)
    assert not (home / "mine").exists()


@pytest.mark.parametrize("made", ["handover/ystad-osterlen.hall.json", "pulumi/backend/.pulumi/stacks/samdrift/x.json"])
def test_a_real_platforms_folder_is_no_labs(home: Path, monkeypatch: pytest.MonkeyPatch, made: str) -> None:
    """Its engine state, passphrase and keys would be deleted with `lab down`."""
    asked: list[Any] = []

    def answer(*words: str, **_: Any) -> str:
        asked.append(words)
        return ""

    monkeypatch.setattr(lab, "pvelab", answer)
    place = State("prod", home / "prod").open()
    place.write(place.root / made, "[]")
    for verb in (lambda: lab.stop(place), lambda: lab.start(place, PLACE, say=print)):
        with pytest.raises(LabError, match="belongs to no lab"):
            verb()
    assert asked == []
    assert (place.root / made).exists()
    place.write(place.endpoint_file, "{}")
    lab.stop(place)
    assert not place.root.exists()


def test_who_has_no_hypervisor_yet_may_start_a_lab_afterwards(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`samdrift up` before `samdrift lab up` leaves no stack in the folder, which would then be no lab's."""
    monkeypatch.delenv("PROXMOX_VE_ENDPOINT", raising=False)
    mine = State("mine", home / "mine").open()
    with pytest.raises(RolloutError, match="no lab is known: `samdrift lab up` starts one"):
        raise_stacks(mine, federation_of(mine).stacks, say=print)
    assert [file for file in mine.root.rglob("*") if file.is_file()] == []
