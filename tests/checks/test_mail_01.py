"""MAIL-01: one mail system receives, stores and sends for everybody, loses nothing in an outage, and is alone."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.federation.derived import Network
from samdrift.federation.network import networks_of
from samdrift.standard import catalogue
from tests.checks import post
from tests.checks.post import OUTSIDE, Letter
from tests.checks.register import Person
from tests.checks.scene import Scene
from tests.checks.watch import first

ANNA = f"anna@{OUTSIDE}"
HOSTS = ("mail", "mx1", "desk")
"""Guests of the hall that may answer as mail hosts: the store, the gateway, and the desk, whose cases come by mail."""
PORTS = (25, 110, 143, 465, 587, 993, 995)
STORE = ("postfix.service", "dovecot.service")
SECONDS = catalogue.load().by_id("MAIL-01").threshold("delivery after an outage") * 60


@pytest.mark.requirement("MAIL-01")
def test_mail_01_one_system_for_every_member(member: str, scene: Scene, evidence: Evidence) -> None:
    """In from the world, across to every other member, out to the world; read and written at the own workplace."""
    own = scene.member(member)
    others = [one for one in scene.members if one.key != member]
    evidence.need(2 + 2 * len(others))
    found = []
    with post.people(scene, [own, *others]) as (person, *colleagues):
        found += one_way_in(scene, person, evidence)
        found += arrives_from_the_world(scene, person, evidence)
        found += arrives_in_the_world(scene, person, evidence)
        for colleague in colleagues:
            found += arrives(scene, person, colleague, evidence)
            found += arrives(scene, colleague, person, evidence)
    assert not found, first(found)


def one_way_in(scene: Scene, person: Person, evidence: Evidence) -> list[str]:
    """What the world is told of the domain: the federation's gateway, and nobody beside it."""
    domain, gateway = person.member.domain, scene.guests["mx1"].fqdn
    told = scene.station("outside").ask("letter.exchangers", server="127.0.0.1", domain=domain)
    names = [str(one["name"]) for one in told]
    evidence.case()
    evidence.note(f"the world sends mail for {domain} to {names}")
    return [f"mail for {domain} goes to {names or 'nobody'}, not to {gateway}"] if names != [gateway] else []


def arrives_from_the_world(scene: Scene, person: Person, evidence: Evidence) -> list[str]:
    """By each address of whatever the world finds."""
    found = []
    for address in post.exchanger(scene, person.member.domain):
        one = post.letter(ANNA, person.address)
        told = post.from_outside(scene, one, sender=ANNA, recipient=person.address, address=address)
        evidence.case()
        held = post.mailbox(scene, person, one.word, seconds=post.DELIVERY) if told["step"] == "taken" else []
        evidence.note(f"{ANNA} to {person.address} by {address}: {told['step']}, {len(held)} in the mailbox")
        found += (
            [] if len(held) == 1 else [f"mail from the world for {person.member.domain}: {told}, {len(held)} arrived"]
        )
    return found


def arrives_in_the_world(scene: Scene, person: Person, evidence: Evidence) -> list[str]:
    """What a member writes to somebody elsewhere."""
    one = post.letter(person.address, ANNA)
    told = post.submit(scene, one, sender=person, recipient=ANNA)
    held = post.world_mailbox(scene, one.word, seconds=post.DELIVERY) if told["step"] == "taken" else []
    evidence.case()
    evidence.note(f"{person.address} to {ANNA}: {told['step']}, {len(held)} in the world")
    return [] if len(held) == 1 else [f"mail of {person.member.domain} to the world: {told}, {len(held)} arrived"]


def arrives(scene: Scene, sender: Person, recipient: Person, evidence: Evidence) -> list[str]:
    """What one member writes to another."""
    one = post.letter(sender.address, recipient.address)
    told = post.submit(scene, one, sender=sender, recipient=recipient.address)
    held = post.mailbox(scene, recipient, one.word, seconds=post.DELIVERY) if told["step"] == "taken" else []
    way = f"{sender.member.domain} to {recipient.member.domain}"
    evidence.case()
    evidence.note(f"{way}: {told['step']}, {len(held)} in the mailbox")
    return [] if len(held) == 1 else [f"mail from {way}: {told}, {len(held)} arrived"]


@pytest.mark.requirement("MAIL-01")
def test_mail_01_an_outage_loses_nothing(scene: Scene, evidence: Evidence) -> None:
    """The store is stopped for every member at once, mail is sent, the store is started: all of it arrives, once."""
    evidence.need(2 * len(scene.members))
    gateway = post.exchanger(scene, scene.members[0].domain)[0]

    def send(person: Person) -> Letter:
        one = post.letter(ANNA, person.address)
        told = post.from_outside(scene, one, sender=ANNA, recipient=person.address, address=gateway)
        assert told["step"] == "taken", f"mail for {person.address} is not taken: {told}"
        return one

    with post.people(scene, scene.members) as people:
        for person in people:  # and the gateway knows them from now on
            before = post.mailbox(scene, person, send(person).word, seconds=post.DELIVERY)
            evidence.control(f"mail for {person.address} arrives before the outage", alive=len(before) == 1)
        store = scene.station("mail")
        stopped = store.ask("shell.run", command=["systemctl", "stop", *STORE], patience=60.0)
        try:
            evidence.control("the store is stopped", alive=stopped["code"] == 0)
            greeted = post.workplace(scene, people[0]).ask(
                "letter.reachable",
                targets=[{"address": one, "port": 587} for one in scene.at("mail").addresses],
                patience=30.0,
            )
            evidence.control("nobody reaches it", alive=not greeted)
            sent = [(person, send(person)) for person in people for _ in range(2)]
        finally:
            store.ask("shell.run", command=["systemctl", "start", *reversed(STORE)], patience=60.0)
        lost, deadline = [], time.monotonic() + SECONDS
        for person, one in sent:
            left = max(0.0, deadline - time.monotonic())
            held = post.mailbox(scene, person, one.word, seconds=left)
            evidence.case()
            evidence.note(f"{one.word}, sent to {person.address} during the outage: {len(held)} in the mailbox")
            lost += [] if len(held) == 1 else [f"{person.address} has {len(held)} of a message sent during the outage"]
    assert not lost, first(lost)


@pytest.mark.requirement("MAIL-01")
def test_mail_01_no_old_mail_host_answers(scene: Scene, evidence: Evidence) -> None:
    """A member's old mail host that still takes mail keeps it where nobody looks any more."""
    networks = [one for stack in scene.federation.stacks for one in networks_of(scene.federation, stack)]
    inside = [one for one in networks if one.name != "wan"]  # the world has mail hosts of its own
    evidence.need(len(inside))
    with ThreadPoolExecutor(6) as together:
        found = [one for told in together.map(lambda n: strangers(scene, n, evidence), inside) for one in told]
    assert not found, first(found)


def strangers(scene: Scene, network: Network, evidence: Evidence) -> list[str]:
    """Sweep one segment; return a sentence for each mail host in it that is none of the declared ones."""
    place = scene.plug(network)
    prefixes = [str(network.ipv4), str(network.ipv6)]
    live = place.station.ask(
        "neighbour.sweep", interface=place.interface, own=place.ipv4, prefixes=prefixes, patience=60.0
    )
    live = [one for one in live if one not in place.addresses and not one.startswith("fe80:")]
    legs = [leg for guest in scene.guests.values() for leg in guest.interfaces if leg.vnet == network.vnet]
    planned = {str(one.ip) for leg in legs for one in (leg.ipv4, leg.ipv6)}
    evidence.control(f"the sweep of {network.vnet} finds its {len(planned)} hosts", alive=planned <= set(live))
    declared = {address for name in HOSTS if name in scene.guests for address in scene.at(name).addresses}
    targets = [{"address": one, "port": port} for one in live for port in PORTS]
    told = place.station.ask("mail_host.answering", targets=targets, patience=60.0)
    evidence.case()
    evidence.note(f"{network.vnet}: {len(live)} live addresses, mail ports open at {told or 'none'}")
    return [
        f"{one['address']} in {network.vnet} answers on port {one['port']}"
        for one in told
        if one["address"] not in declared
    ]
