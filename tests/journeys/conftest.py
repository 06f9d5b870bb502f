"""The platform that is up, and people of it: what a journey needs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from samdrift.federation.load import load_federation
from samdrift.state import current
from tests.checks import post, register
from tests.checks.scene import Scene

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
    found = Scene(federation=load_federation(state.stacks), state=state)
    yield found
    found.close()


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
    found = scene.station(at).ask(
        "mailbox.wait",
        host=post.mail_host(scene),
        user=owner.name,
        password=owner.password,
        word=word,
        seconds=seconds,
        patience=seconds + 60.0,
    )
    return [str(one["folder"]) for one in found]


def environment(scene: Scene) -> dict[str, str]:
    """What a verb needs to work on the same platform."""
    return {**os.environ, "SAMDRIFT_LAB": scene.state.name}
