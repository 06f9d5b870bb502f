"""The platform that is up, and people of it: what a journey needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from samdrift.state import current
from tests.checks import post, register
from tests.checks.scene import Scene, scene_at

MEMBER = "ystad"


@pytest.fixture(scope="session")
def scene() -> Iterator[Scene]:
    """The platform and the places to travel it from."""
    state = current()
    if not (state.ssh / "config").exists():
        pytest.fail(
            f"no platform of the lab {state.name} is up: make lab, or SAMDRIFT_LAB=NAME for another", pytrace=False
        )
    with scene_at(state) as found:
        yield found


def hired(
    scene: Scene, *kinds: str, **columns: str
) -> AbstractContextManager[tuple[register.Registers, list[register.Person]]]:
    """Somebody new of each kind in the member's registers, with an account by rule; gone afterwards."""
    people = [register.new_person(scene.member(MEMBER), kind) for kind in kinds]
    return register.joined(scene, people, accepted=False, **columns)


def read(scene: Scene, owner: register.Person, word: str, *, at: str, seconds: float = post.DELIVERY) -> list[str]:
    """Folders of the owner's mailbox with a message that holds the word, read at a workplace."""
    return [str(one["folder"]) for one in post.mailbox(scene, owner, word, at=at, seconds=seconds)]
