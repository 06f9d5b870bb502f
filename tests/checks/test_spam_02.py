"""SPAM-02: malware in mail reaches no mailbox, whichever way it goes and however it is wrapped, and raises an alarm."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from samdrift.compliance.evidence import Evidence
from tests.checks import post
from tests.checks.register import Person
from tests.checks.scene import Scene
from tests.checks.watch import first

GATEWAY = "mx1"
ALARM = "ALARM malware stopped: "
REACTION = 60.0
"""Seconds within which an alarm has to be raised, and what a person submitted has passed the filter or not."""


@dataclass(frozen=True)
class Direction:
    """One way that mail goes: how a message is handed in, and where it would arrive."""

    name: str
    sender: str
    recipient: str
    hand_in: Callable[[post.Letter], dict[str, Any]]
    arrived: Callable[[str, float], list[str]]
    """What arrived with this word, whole or by names of attachments; waits for so many seconds."""


@pytest.mark.requirement("SPAM-02")
def test_spam_02_malware_reaches_no_mailbox(member: str, scene: Scene, evidence: Evidence) -> None:
    """Harmless attachments of the same shape go the same way after it: when they have arrived it would have, too."""
    own = scene.member(member)
    other = scene.members[(scene.members.index(own) + 1) % len(scene.members)]
    began = scene.station(GATEWAY).ask("shell.run", command=["date", "+%s"])["out"].strip()
    found: list[str] = []
    with post.people(scene, [own, other]) as (here, there):
        ways = directions(scene, here, there)
        evidence.need(len(ways) * len(post.forms("x", b"")))
        for way in ways:
            found += nothing_arrives(scene, way, here, began=began, evidence=evidence)
    assert not found, first(found)


def directions(scene: Scene, here: Person, there: Person) -> tuple[Direction, ...]:
    """In, between members, out."""
    world = f"anna@{post.OUTSIDE}"

    def from_world(one: post.Letter) -> dict[str, Any]:
        address = post.exchanger(scene, here.member.domain)[0]
        return post.from_outside(scene, one, sender=world, recipient=here.address, address=address)

    def in_mailbox(owner: Person) -> Callable[[str, float], list[str]]:
        return lambda word, seconds: [
            name for one in post.mailbox(scene, owner, word, seconds=seconds) for name in one["attachments"]
        ]

    return (
        Direction("in", world, here.address, from_world, in_mailbox(here)),
        Direction(
            "between members",
            here.address,
            there.address,
            lambda one: post.submit(scene, one, sender=here, recipient=there.address),
            in_mailbox(there),
        ),
        Direction(
            "out",
            here.address,
            world,
            lambda one: post.submit(scene, one, sender=here, recipient=world),
            lambda word, seconds: post.world_mailbox(scene, word, seconds=seconds),
        ),
    )


def nothing_arrives(scene: Scene, way: Direction, sender: Person, *, began: str, evidence: Evidence) -> list[str]:
    """Send every form of the malware one way; return a sentence for each that arrives, or raises no alarm."""
    found: list[str] = []
    sent: dict[str, post.Letter] = {}
    for form, attached in post.forms("faktura", post.EICAR).items():
        bad = sent[form] = post.letter(way.sender, way.recipient, attached=attached)
        told = way.hand_in(bad)
        evidence.case()
        evidence.note(f"{form} malware {way.name}: {told['step']}, {told['code']} {told['words']}")
    for form, attached in post.forms("rapport", b"Harmless, and as long as the other file that went this way.").items():
        good = post.letter(way.sender, way.recipient, attached=attached)
        told = way.hand_in(good)
        arrived = told["step"] == "taken" and way.arrived(good.word, post.DELIVERY)
        evidence.control(f"a harmless {form} attachment goes {way.name}", alive=bool(arrived))
    quiet: dict[str, str] = {}
    for form, bad in sent.items():
        # A bounce may say what was refused; it must not bring it back.
        back = [one["folder"] for one in post.mailbox(scene, sender, bad.word) if one["attachments"]]
        if way.arrived(bad.word, 0.0):
            found.append(f"{form} malware {way.name} reaches {way.recipient}")
        elif back:
            found.append(f"{form} malware {way.name} lies in {back[0]} of {sender.address}")
        else:
            quiet[form] = bad.word
    alarmed = raised(scene, set(quiet.values()), since=began, seconds=REACTION)
    return found + [f"{form} malware {way.name} raised no alarm" for form, word in quiet.items() if word not in alarmed]


def raised(scene: Scene, words: set[str], *, since: str, seconds: float) -> set[str]:
    """The words of which the gateway told as malware: each in the message's subject and in its attachment's name."""
    deadline = time.monotonic() + seconds
    command = ["journalctl", "-q", "-o", "cat", "--since", f"@{since}", "-g", ALARM]
    while True:
        lines = scene.station(GATEWAY).ask("shell.run", command=command, patience=60.0)["out"].splitlines()
        facts = [json.loads(line.partition(ALARM)[2]) for line in lines]
        told = {
            word
            for word in words
            for one in facts
            if word in one["subject"] and any(word in name for name in one["attachments"])
        }
        if told == words or time.monotonic() > deadline:
            return told
        time.sleep(1)
