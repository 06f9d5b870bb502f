"""The platform that is up, and people of it: what a journey needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from samdrift.state import current
from tests.checks import post, register
from tests.checks.scene import Scene, scene_at

MEMBER = "ystad"


@dataclass(frozen=True)
class Someone(post.Person):
    """Somebody out of a register, with the mail address that the rules gave."""

    mail: str
    row: register.Person

    @property
    def address(self) -> str:
        """The mail address."""
        return self.mail


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


@contextmanager
def hired(scene: Scene, *kinds: str, **columns: str) -> Iterator[tuple[register.Registers, list[Someone]]]:
    """Somebody new of each kind in the member's registers, with an account by rule; gone afterwards."""
    people = [register.new_person(scene.member(MEMBER), kind) for kind in kinds]
    with register.joined(scene, people, **columns) as registers:
        yield registers, [by_rule(scene, one) for one in people]


def by_rule(scene: Scene, one: register.Person) -> Someone:
    """The person as the directory has it."""
    told = scene.station("dc1").ask("account.shown", name=one.name, attributes=["mail"])
    return Someone(one.name, one.password, one.member, told["mail"][0], one)


def read(scene: Scene, owner: post.Person, word: str, *, at: str, seconds: float = post.DELIVERY) -> list[str]:
    """Folders of the owner's mailbox with a message that holds the word, read at a workplace."""
    return [str(one["folder"]) for one in post.mailbox(scene, owner, word, at=at, seconds=seconds)]
