"""From the moment a message is accepted until its owner sees it by IMAP: through the gateway, and past it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from roles.operations.certificate import CHAIN, KEY
from tests.bench.row import Row
from tests.checks import post
from tests.checks.post import Letter
from tests.checks.register import Person
from tests.checks.scene import Scene

LETTERS = 100
"""Fewer have no hundredth part."""
ANNA = f"anna@{post.OUTSIDE}"
Way = Callable[[Letter], dict[str, Any]]
"""Hands a letter in, and returns what the server said."""


def measure(scene: Scene) -> Iterator[Row]:
    """The reference is the store's own Postfix and Dovecot, to which the gateway's host hands in unfiltered."""
    with post.people(scene, [scene.members[0]]) as (owner,):
        gateway, *_ = post.exchanger(scene, owner.member.domain)
        store = post.mail_host(scene)
        ways: list[Way] = [
            lambda one: send(scene, "outside", one, owner, address=gateway),
            lambda one: send(scene, "mx1", one, owner, address=store, certificate=[CHAIN, KEY]),
        ]
        whole, bare = seconds(scene, owner, ways)
    for place, moment in enumerate(("accepted", "handed in")):
        for name, pick in (("p50", 49), ("p99", 98)):
            value, reference = (
                1000 * statistics.quantiles([taken[place] for taken in one], n=100, method="inclusive")[pick]
                for one in (whole, bare)
            )
            yield Row(f"mail {moment} to visible, {name}", "ms", value, "store without filter", reference)


def send(scene: Scene, place: str, one: Letter, owner: Person, **way: Any) -> dict[str, Any]:
    """Hand the message in from a place."""
    told: dict[str, Any] = scene.station(place).ask(
        "letter.send",
        sender=ANNA,
        recipients=[owner.address],
        message=one.text,
        patience=90.0,
        **way,
    )
    if told["step"] != "taken":
        raise OSError(f"{place} could not hand in a message: {told}")
    return told


def seconds(scene: Scene, owner: Person, ways: Sequence[Way]) -> list[list[tuple[float, float]]]:
    """By each way: from the acceptance, and from the hand-in (a filter works before it accepts), until each is there.

    One letter after the other, by all ways in turn, so that what else the machine does falls on all of them alike; all
    moments are of the clock that guests share with this machine.
    """
    found: list[list[tuple[float, float]]] = [[] for _ in ways]
    for way in ways:
        way(warm := post.letter(ANNA, owner.address))
        post.mailbox(scene, owner, warm.word, seconds=post.DELIVERY)
    with ThreadPoolExecutor(1) as beside:
        for way, taken in [*zip(ways, found, strict=True)] * LETTERS:
            one = post.letter(ANNA, owner.address)
            seen = beside.submit(arrival, scene, owner, one.word)
            begun = time.time()
            accepted = float(way(one)["at"])
            there = seen.result()
            taken.append((max(0.0, there - accepted), there - begun))
    return found


def arrival(scene: Scene, owner: Person, word: str) -> float:
    """When the message is in the inbox, looked for at the owner's workplace."""
    return float(
        post.workplace(scene, owner).ask(
            "mailbox.arrival",
            host=post.mail_host(scene),
            user=owner.name,
            password=owner.password,
            word=word,
            seconds=post.DELIVERY,
            patience=post.DELIVERY + 30.0,
        )
    )
