"""From the moment a message is accepted until its owner sees it by IMAP: through the gateway, and past it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.bench.row import Row
from tests.checks import post
from tests.checks.post import Letter, Person
from tests.checks.scene import Scene

LETTERS = 40
ANNA = f"anna@{post.OUTSIDE}"
CHAIN, KEY = "/etc/samdrift/tls/fullchain.pem", "/etc/samdrift/tls/privkey.pem"
"""Of the gateway: with them it hands mail to the store, and so does the reference."""


def measure(scene: Scene) -> Iterator[Row]:
    """The reference is the store's own Postfix and Dovecot, to which the gateway's host hands in unfiltered."""
    with post.people(scene, [scene.members[0]]) as (owner,):
        gateway, *_ = post.exchanger(scene, owner.member.domain)
        whole = seconds(scene, owner, lambda one: send(scene, "outside", one, owner, address=gateway))
        store = post.mail_host(scene)
        bare = seconds(
            scene, owner, lambda one: send(scene, "mx1", one, owner, address=store, certificate=[CHAIN, KEY])
        )
    for name, pick in (("p50", 49), ("p99", 98)):
        value, reference = (1000 * statistics.quantiles(one, n=100)[pick] for one in (whole, bare))
        yield Row(f"mail accepted to visible, {name}", "ms", value, "store without filter", reference)


def send(scene: Scene, place: str, one: Letter, owner: Person, **way: Any) -> dict[str, Any]:
    """Hand the message in from a place."""
    told: dict[str, Any] = scene.station(place).ask(
        "letter.send",
        sender=ANNA,
        recipients=[owner.address],
        message=one.text,
        secure="certificate" in way,
        patience=90.0,
        **way,
    )
    if told["step"] != "taken":
        raise OSError(f"{place} could not hand in a message: {told}")
    return told


def seconds(scene: Scene, owner: Person, send: Callable[[Letter], dict[str, Any]]) -> list[float]:
    """One after the other, each watched for until it is there; both moments are of the clock that all guests share."""
    found = []
    send(warm := post.letter(ANNA, owner.address))
    post.mailbox(scene, owner, warm.word, seconds=post.DELIVERY)
    with ThreadPoolExecutor(1) as beside:
        for _ in range(LETTERS):
            one = post.letter(ANNA, owner.address)
            seen = beside.submit(arrival, scene, owner, one.word)
            accepted = send(one)["at"]
            found.append(max(0.0, seen.result() - accepted))
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
