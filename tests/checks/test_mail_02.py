"""MAIL-02: people send as themselves in their own member's domain, and the system relays for nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from samdrift.compliance.evidence import Evidence
from tests.checks import post
from tests.checks.post import OUTSIDE
from tests.checks.register import Person
from tests.checks.scene import Scene
from tests.checks.watch import first

ANNA = f"anna@{OUTSIDE}"
PORTS = (465, 587)


@pytest.mark.requirement("MAIL-02")
def test_mail_02_people_send_as_themselves(member: str, scene: Scene, evidence: Evidence) -> None:
    """Under somebody else's name nothing leaves: neither in the envelope nor in the line that people read."""
    own, other = scene.member(member), next(one for one in scene.members if one.key != member)
    evidence.need(len(PORTS) * (1 + 7))
    found = []
    with post.people(scene, [own, own, other]) as (person, colleague, stranger):
        forged = {
            "a colleague": (colleague.address, colleague.address),
            "somebody of another member": (stranger.address, stranger.address),
            "an address of nobody's": (f"chefen@{own.domain}", f"chefen@{own.domain}"),
            "somebody in the world": (ANNA, ANNA),
            "a colleague, in the message only": (person.address, colleague.address),
            "somebody of another member, in the message only": (person.address, f"Chefen <{stranger.address}>"),
            "nobody in the envelope, a colleague in the message": ("", colleague.address),
        }
        for port in PORTS:
            found += own_name_arrives(scene, person, port, evidence)
            for who, (envelope, written) in forged.items():
                told = submitted(scene, person, port, envelope=envelope, written=written)
                evidence.case()
                evidence.note(f"{person.address} as {who} on port {port}: {told['step']}, {told['code']}")
                refused = told["step"] not in ("connect", "sign in", "taken") and 500 <= told["code"] < 600
                found += [] if refused else [f"{person.address} as {who} on port {port} is not refused: {told}"]
    assert not found, first(found)


def own_name_arrives(scene: Scene, person: Person, port: int, evidence: Evidence) -> list[str]:
    """The control: the same person, the same door, the own name; and what the world reads is the own domain."""
    one = post.letter(person.address, ANNA)
    told = submitted(scene, person, port, envelope=person.address, written=one)
    held = post.world_mailbox(scene, one.word, seconds=post.DELIVERY) if told["step"] == "taken" else []
    arrived = evidence.control(f"{person.address} writes under its own name on port {port}", alive=len(held) == 1)
    evidence.case()
    if not arrived:
        return [f"{person.address} cannot send under its own name on port {port}: {told}"]
    right = f"Return-Path: <{person.address}>" in held[0] and f"\nFrom: {person.address}" in held[0].replace("\r", "")
    return [] if right else [f"mail of {person.address} arrives as {held[0].splitlines()[0]}"]


def submitted(scene: Scene, person: Person, port: int, *, envelope: str, written: str | post.Letter) -> dict[str, Any]:
    """Hand in, signed in as the person, at the own workplace."""
    one = written if isinstance(written, post.Letter) else post.letter(written, ANNA)
    told: dict[str, Any] = post.workplace(scene, person).ask(
        "letter.send",
        address=post.mail_host(scene),
        port=port,
        sender=envelope,
        recipients=[ANNA],
        message=one.text,
        user=person.name,
        password=person.password,
        patience=90.0,
    )
    return told


@pytest.mark.requirement("MAIL-02")
def test_mail_02_relays_for_nobody_else(scene: Scene, evidence: Evidence) -> None:
    """From the world by every trick of the old lists, and from the clients' networks without signing in."""
    own, victim = scene.members[0].domain, f"victim@{OUTSIDE}"
    tricks, seats = post.relay_tricks(own, victim), [scene.station(f"{one.key}-adm") for one in scene.members]
    gateways = post.exchanger(scene, own)
    evidence.need(len(gateways) * len(tricks) + len(seats) * len(PORTS))
    found = []
    with post.people(scene, scene.members[:1]) as (person,):
        for address in gateways:
            good = envelope(scene, address, ANNA, person.address)
            evidence.control(f"{address} takes mail for {person.address}", alive=good[-1][:3] == "250")
            for sender, recipient in tricks:
                last = envelope(scene, address, sender, recipient)[-1]
                evidence.case()
                if last[:1] not in ("4", "5"):
                    found.append(f"{address} relays from <{sender}> to <{recipient}>: {last}")
            evidence.note(f"{len(tricks)} tricks at {address}")
        for seat in seats:
            for port in PORTS:
                told = unsigned(seat, post.mail_host(scene), port, sender=person.address)
                evidence.case()
                evidence.note(f"{seat.name}, not signed in, on port {port}: {told['step']}, {told['code']}")
                refused = told["step"] in ("sender", "recipient") and 500 <= told["code"] < 600
                found += [] if refused else [f"{seat.name} sends without signing in on port {port}: {told}"]
    assert not found, first(found)


def envelope(scene: Scene, address: str, sender: str, recipient: str) -> list[str]:
    """The world names a sender and a recipient; return the answers."""
    lines = [f"EHLO mx.{OUTSIDE}", f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"]
    told: list[str] = scene.station("outside").ask("letter.converse", address=address, lines=lines, patience=45.0)
    return told


def unsigned(seat: Any, host: str, port: int, *, sender: str) -> dict[str, Any]:
    """Hand in under TLS without signing in, as a program does that somebody left behind on a workplace."""
    told: dict[str, Any] = seat.ask(
        "letter.send",
        address=host,
        port=port,
        sender=sender,
        recipients=[f"victim@{OUTSIDE}"],
        message=post.letter(sender, f"victim@{OUTSIDE}").text,
        secure=True,
        patience=60.0,
    )
    return told
