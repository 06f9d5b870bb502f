"""SPAM-01: all mail from outside passes the one filter, for every member, and there is no way round."""

from __future__ import annotations

from typing import Any

import pytest

from samdrift.compliance.evidence import Evidence
from tests.checks import post
from tests.checks.register import Person
from tests.checks.scene import Scene
from tests.checks.watch import first

PORTS = (24, 25, 110, 143, 465, 587, 993, 995, 2525, 4190)
"""Where mail hosts take or give mail."""


@pytest.mark.requirement("SPAM-01")
def test_spam_01_one_filter_for_every_domain(member: str, scene: Scene, evidence: Evidence) -> None:
    """A filter that stops everything is as useless as one that stops nothing, so clean mail has to arrive beside."""
    evidence.need(5)
    own = scene.member(member)
    addresses = post.exchanger(scene, own.domain)
    evidence.note(f"the world sends mail for {own.domain} to {', '.join(addresses) or 'nobody'}")
    exchangers = [{"address": one, "port": 25} for one in addresses]
    called = scene.station("outside").ask("letter.reachable", targets=exchangers, patience=30.0)
    greeted = [one for one in called if one["greeting"].startswith("220 ")]
    evidence.control(
        f"the exchanger of {own.domain} greets under each address", alive=0 < len(greeted) == len(addresses)
    )
    found: list[str] = []
    with post.people(scene, [own]) as (recipient,):
        for address in addresses:
            found += spam_is_stopped(scene, recipient, address, evidence)
            found += clean_mail_arrives(scene, recipient, address, evidence)
        found += marked_mail_is_released(scene, recipient, addresses[0], evidence)
    assert not found, first(found)


def spam_is_stopped(scene: Scene, recipient: Person, address: str, evidence: Evidence) -> list[str]:
    """Send test spam; return a sentence if it was taken. What was taken is found again in the mailbox, or not."""
    spam = post.letter(f"anna@{post.OUTSIDE}", recipient.address, body=post.REFUSED_SPAM)
    told = post.from_outside(scene, spam, sender=f"anna@{post.OUTSIDE}", recipient=recipient.address, address=address)
    evidence.case()
    evidence.note(f"test spam for {recipient.address} at {address}: {told['step']}, {told['code']} {told['words']}")
    if told["step"] == "taken":
        held = post.mailbox(scene, recipient, spam.word, seconds=15)
        where = f"lies in {held[0]['folder']}" if held else "was taken"
        return [f"test spam for {recipient.member.domain} {where}"]
    refused = told["step"] == "message" and 500 <= told["code"] < 600
    return [] if refused else [f"test spam for {recipient.address} is not refused for what it is: {told}"]


def clean_mail_arrives(scene: Scene, recipient: Person, address: str, evidence: Evidence) -> list[str]:
    """Send an ordinary message; return a sentence unless it is in the inbox in time."""
    clean = post.letter(f"anna@{post.OUTSIDE}", recipient.address)
    told = post.from_outside(scene, clean, sender=f"anna@{post.OUTSIDE}", recipient=recipient.address, address=address)
    evidence.case()
    if told["step"] != "taken":
        return [f"clean mail for {recipient.address} is refused at {address}: {told}"]
    held = post.mailbox(scene, recipient, clean.word, seconds=post.DELIVERY)
    evidence.note(f"clean mail for {recipient.address} by {address} lies in {folders(held) or 'no folder'}")
    return [] if folders(held) == ["INBOX"] else [f"clean mail for {recipient.address} lies in {folders(held)}"]


def marked_mail_is_released(scene: Scene, recipient: Person, address: str, evidence: Evidence) -> list[str]:
    """Send what is only suspicious: it is kept apart, and its recipient takes it out without asking anybody."""
    marked = post.letter(f"anna@{post.OUTSIDE}", recipient.address, body=post.MARKED_SPAM)
    told = post.from_outside(scene, marked, sender=f"anna@{post.OUTSIDE}", recipient=recipient.address, address=address)
    evidence.case()
    if told["step"] != "taken":
        return [f"suspicious mail for {recipient.address} is refused: {told}"]
    held = folders(post.mailbox(scene, recipient, marked.word, seconds=post.DELIVERY))
    if len(held) != 1 or held == ["INBOX"]:
        return [f"suspicious mail for {recipient.address} lies in {held}, not apart"]
    moved = post.workplace(scene, recipient).ask(
        "mailbox.move",
        host=post.mail_host(scene),
        user=recipient.name,
        password=recipient.password,
        word=marked.word,
        source=held[0],
        target="INBOX",
        patience=60.0,
    )
    after = folders(post.mailbox(scene, recipient, marked.word))
    evidence.note(f"suspicious mail lay in {held[0]}, its recipient moved {moved} to the inbox; it lies in {after}")
    return [] if after == ["INBOX"] else [f"{recipient.address} cannot release mail from {held[0]}: it lies in {after}"]


def folders(held: list[dict[str, Any]]) -> list[str]:
    """Where messages lie, each folder once."""
    return sorted({str(one["folder"]) for one in held})


@pytest.mark.requirement("SPAM-01")
def test_spam_01_no_mailbox_host_takes_mail_from_outside(scene: Scene, evidence: Evidence) -> None:
    """Whoever reaches the mailboxes directly is read by no filter; from a client's network neither."""
    stores = [name for name, guest in scene.guests.items() if "mail" in guest.roles]
    inner = [address for name in stores for address in scene.at(name).addresses]
    outer = list(scene.at("edge", "wan").addresses)
    gateways = {address for one in scene.members for address in post.exchanger(scene, one.domain)}
    evidence.need((len(inner) + len(outer)) * len(PORTS))
    targets = [{"address": address, "port": port} for address in (*inner, *outer) for port in PORTS]
    # The guest that plays the world lets out what was agreed and no more: it would see no door that is open by mistake.
    world = scene.plug(scene.network("wan")).station
    greeted = world.ask("letter.reachable", targets=targets, patience=len(targets) * 3.0 + 30.0)
    evidence.case(len(targets))
    declared = [one for one in greeted if one["address"] in gateways and one["port"] == 25]
    evidence.control(
        f"the mail gateway greets the same caller under {len(gateways)} addresses",
        alive=len(declared) == len(gateways) > 0,
    )
    strangers = [
        f"{one['address']} port {one['port']} takes calls of the world: {one['greeting']}"
        for one in greeted
        if one not in declared
    ]
    for one in scene.members:
        place = scene.station(f"{one.key}-adm")
        direct = [{"address": address, "port": port} for address in inner for port in (24, 25)]
        found = place.ask("letter.reachable", targets=direct, patience=60.0)
        open_ = place.ask("letter.reachable", targets=[{"address": inner[0], "port": 587}], patience=30.0)
        evidence.control(f"{one.key}-adm reaches submission beside", alive=bool(open_))
        strangers += [
            f"{hit['address']} port {hit['port']} takes calls of {one.key}-adm: {hit['greeting']}" for hit in found
        ]
    assert not strangers, first(strangers)
