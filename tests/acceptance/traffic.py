"""What users hand in one after the other, numbered by a word: whether it was acknowledged, and what is there of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

from samdrift.compliance.evidence import ProbeTimeout
from tests.checks import post
from tests.checks.desk import Desk, agents
from tests.checks.probe.station import ProbeError
from tests.checks.register import Person
from tests.checks.scene import Scene, new_word

ANNA = f"anna@{post.OUTSIDE}"


class Way(Protocol):
    """One way in for numbered things."""

    def send(self) -> str | None:
        """Hand one in; return its word where it was acknowledged."""

    def there(self, word: str) -> int:
        """How often it is there, as its reader sees it."""


@dataclass
class Letters:
    """Mail from outside to somebody's mailbox. Told "later" or nothing at all, its sender keeps a letter."""

    scene: Scene
    owner: Person
    gateway: str

    def send(self) -> str | None:
        """Hand a letter in at the member's mail exchanger."""
        one = post.letter(ANNA, self.owner.address)
        try:
            told = post.from_outside(self.scene, one, sender=ANNA, recipient=self.owner.address, address=self.gateway)
        except (ProbeTimeout, ProbeError):  # silence, or nobody at that address
            return None
        assert told["code"] < 500, f"a mailbox that is there is refused for good: {told}"
        return one.word if told["step"] == "taken" else None

    def there(self, word: str) -> int:
        """Look into the owner's mailbox."""
        return len(post.mailbox(self.scene, self.owner, word))


@dataclass
class Cases:
    """Cases that a person opens in the desk's portal. Whoever gets no number tries again with another word."""

    desk: Desk
    owner: Person
    agent: Person

    def send(self) -> str | None:
        """Fill in the portal's form."""
        word = new_word()
        try:
            self.desk.open_case(self.owner, f"Fråga {word}", "Skrivaren svarar inte.")
        except (RuntimeError, OSError):  # whatever the person met instead of a number
            self._enter_again(self.owner)
            return None
        return word

    def there(self, word: str) -> int:
        """Look as somebody of the desk."""
        try:
            return len(self.desk.cases(self.agent, f"Subject LIKE '{word}'"))
        except (RuntimeError, OSError):
            self._enter_again(self.agent)
            raise

    def _enter_again(self, who: Person) -> None:
        """A desk that was restarted has forgotten who was signed in; a browser goes by the portal again by itself."""
        with suppress(RuntimeError, OSError):
            self.desk.enters(who)


@contextmanager
def letters(scene: Scene) -> Iterator[Way]:
    """Somebody new at a member who gets mail."""
    with post.people(scene, [scene.members[0]]) as (owner,):
        gateway, *_ = post.exchanger(scene, owner.member.domain)
        yield Letters(scene, owner, gateway)


@contextmanager
def cases(scene: Scene) -> Iterator[Way]:
    """Somebody new at a member who asks, and somebody who answers."""
    member = scene.members[0]
    with post.people(scene, [member]) as (owner,), agents(scene, [member]) as (agent,):
        yield Cases(Desk(scene), owner, agent)


@dataclass
class Diary:
    """What was acknowledged, and when, by one clock."""

    way: Way
    words: list[str] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)

    def send(self) -> bool:
        """Hand one in; tell whether it was acknowledged."""
        word = self.way.send()
        if word:
            self.words.append(word)
            self.moments.append(time.monotonic())
        return word is not None

    @property
    def gap(self) -> float:
        """Longest time between two acknowledgements, in seconds."""
        return max((b - a for a, b in zip(self.moments, self.moments[1:], strict=False)), default=0.0)

    def counted(self) -> list[int]:
        """How often each is there now."""
        return [self.way.there(word) for word in self.words]
