"""MAIL-03: mail is signed, forged mail is refused, and it travels under TLS whose other end is known."""

from __future__ import annotations

import re
from typing import Any

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.federation.record import Member
from tests.checks import post
from tests.checks.post import OUTSIDE
from tests.checks.register import Person
from tests.checks.scene import Scene
from tests.checks.watch import first

ANNA = f"anna@{OUTSIDE}"
UNDER_TLS = re.compile(r"\(using TLSv1\.[23] with cipher")
"""How Postfix says in `Received` that it took a message under TLS."""


@pytest.mark.requirement("MAIL-03")
def test_mail_03_mail_is_signed_and_its_policy_published(member: str, scene: Scene, evidence: Evidence) -> None:
    """The world reads what the domain says of itself, and finds it true of a message that nobody can have prepared."""
    own = scene.member(member)
    evidence.need(3 + 4)
    found = published(scene, own, evidence)
    with post.people(scene, [own]) as (person,):
        one = post.letter(person.address, ANNA)
        told = post.submit(scene, one, sender=person, recipient=ANNA)
        held = post.world_mailbox(scene, one.word, seconds=post.DELIVERY) if told["step"] == "taken" else []
        evidence.control(f"mail of {person.address} arrives in the world", alive=len(held) == 1)
        assert held, f"mail of {own.domain} does not arrive in the world: {told}"
        judged = held[0].replace("\r", "")
        results = " ".join(" ".join(re.findall(r"^Authentication-Results:.*\n(?:[ \t].*\n)*", judged, re.M)).split())
        for what, wanted in (
            ("the signature", rf"dkim=pass (\([^)]*\) )?[^;]*header\.d={re.escape(own.domain)}"),
            ("the sender's host", rf"spf=pass[^;]*{re.escape(own.domain)}"),
            (
                "that both are the domain's own",
                rf"dmarc=pass \([^)]*p=reject[^)]*\) [^;]*header\.from={re.escape(own.domain)}",
            ),
        ):
            evidence.case()
            found += (
                [] if re.search(wanted, results) else [f"the world does not confirm {what} of {own.domain}: {results}"]
            )
        evidence.note(f"the world's own verdict on {one.word}: {results}")
        hops = re.findall(r"^Received:.*\n(?:[ \t].*\n)*", judged, re.M)
        bare = [hop for hop in hops if "with ESMTP" in hop and not UNDER_TLS.search(hop)]
        evidence.case()
        evidence.note(f"{len(hops)} hosts took it, {len(hops) - len(bare)} of them under TLS or from themselves")
        found += [f"mail of {own.domain} travels in the clear: {' '.join(hop.split())}" for hop in bare]
    assert not found, first(found)


def published(scene: Scene, own: Member, evidence: Evidence) -> list[str]:
    """SPF that ends in -all, DMARC that rejects, a key; as the world's own resolver tells them."""
    wrong = []
    for what, name, wanted in (
        ("SPF", own.domain, r"v=spf1 .*-all"),
        ("DMARC", f"_dmarc.{own.domain}", r"v=DMARC1; *p=reject(;.*)?"),
        ("DKIM", f"s1._domainkey.{own.domain}", r"v=DKIM1; *k=rsa; *p=[A-Za-z0-9+/=]{300,}"),
    ):
        texts = [
            one
            for one in scene.station("outside").ask("letter.texts", server="127.0.0.1", name=name)
            if one.startswith(("v=spf1", "v=DMARC1", "v=DKIM1"))
        ]
        evidence.case()
        evidence.note(f"{name}: {[one[:60] for one in texts]}")
        if len(texts) != 1 or not re.fullmatch(wanted, texts[0]):
            wrong.append(f"{own.domain} publishes no {what} that holds: {texts}")
    return wrong


@pytest.mark.requirement("MAIL-03")
def test_mail_03_forged_mail_is_refused(member: str, scene: Scene, evidence: Evidence) -> None:
    """Somebody outside who writes as a member's manager is not believed, whichever line says so."""
    own = scene.member(member)
    boss = f"chefen@{own.domain}"
    forged = {
        "in envelope and message": (boss, boss),
        "in the message only": (ANNA, f"Chefen <{boss}>"),
        "in the envelope only": (boss, ANNA),
        "from nobody, as a bounce": ("", boss),
        "from a host under the domain": (ANNA, f"chefen@hr.{own.domain}"),
    }
    evidence.need(len(forged))
    found = []
    with post.people(scene, [own]) as (person,):
        address = post.exchanger(scene, own.domain)[0]
        clean = post.letter(ANNA, person.address)
        told = post.from_outside(scene, clean, sender=ANNA, recipient=person.address, address=address)
        evidence.control(f"honest mail for {person.address} is taken", alive=told["step"] == "taken")
        for how, (envelope, written) in forged.items():
            one = post.letter(written, person.address)
            told = post.from_outside(scene, one, sender=envelope, recipient=person.address, address=address)
            evidence.case()
            evidence.note(f"forged {how}: {told['step']}, {told['code']} {told['words']}")
            refused = told["step"] in ("sender", "recipient", "message") and 500 <= told["code"] < 600
            found += [] if refused else [f"mail that is forged {how} is not refused for {own.domain}: {told}"]
    assert not found, first(found)


@pytest.mark.requirement("MAIL-03")
def test_mail_03_nothing_without_tls(member: str, scene: Scene, evidence: Evidence) -> None:
    """A password that once crossed a network in the clear is somebody else's; TLS to a stranger is no better."""
    own = scene.member(member)
    seats = [scene.station(f"{own.key}-{kind}") for kind in ("adm", "ped")]
    evidence.need(len(seats) * 4 + 1)
    found = []
    with post.people(scene, [own]) as (person,):
        for seat in seats:
            found += signs_in_under_tls(scene, seat, person, evidence)
            found += nothing_in_the_clear(scene, seat, evidence)
        found += gateway_is_known(scene, own, evidence)
    assert not found, first(found)


def signs_in_under_tls(scene: Scene, seat: Any, person: Person, evidence: Evidence) -> list[str]:
    """The control: mailbox and both doors for sending open, with a certificate that the workplace itself trusts."""
    host, wrong = post.mail_host(scene), []
    held = seat.ask(
        "mailbox.wait", host=host, user=person.name, password=person.password, word="nothing", patience=60.0
    )
    evidence.case()
    evidence.control(f"{seat.name} reads {person.address} under TLS", alive=held == [])
    for port in (465, 587):
        one = post.letter(person.address, person.address)
        told = seat.ask(
            "letter.send",
            address=host,
            port=port,
            sender=person.address,
            recipients=[person.address],
            message=one.text,
            user=person.name,
            password=person.password,
            patience=90.0,
        )
        evidence.case()
        wrong += [] if told["step"] == "taken" else [f"{seat.name} cannot send under TLS on port {port}: {told}"]
    return wrong


def nothing_in_the_clear(scene: Scene, seat: Any, evidence: Evidence) -> list[str]:
    """No password is asked for before TLS, no message is taken, and no port is there that has no TLS at all."""
    host, wrong = post.mail_host(scene), []
    lines = ["EHLO seat.example", "AUTH PLAIN AHByb2JlAHByb2Jl", f"MAIL FROM:<{ANNA}>"]
    told = seat.ask("letter.converse", address=host, port=587, lines=lines)
    evidence.case()
    evidence.note(f"{seat.name} without TLS on port 587: {[one.splitlines()[-1] for one in told[1:]]}")
    if re.search(r"^250[- ]AUTH", told[1], re.M) or any(one[:1] != "5" for one in told[2:]):
        wrong.append(f"{seat.name} is served without TLS on port 587: {told[1:]}")
    targets = [{"address": one, "port": port} for one in scene.at("mail").addresses for port in (110, 143, 4190)]
    open_ = seat.ask("mail_host.answering", targets=targets, patience=30.0)
    return wrong + [f"port {one['port']} is open at {one['address']} for {seat.name}" for one in open_]


def gateway_is_known(scene: Scene, own: Member, evidence: Evidence) -> list[str]:
    """What the world's hosts are offered is TLS, by the name that the DNS has led them to."""
    found = scene.station("outside").ask("letter.exchangers", server="127.0.0.1", domain=own.domain)
    evidence.case()
    wrong = []
    for address in found[0]["addresses"] if found else []:
        told = scene.station("outside").ask(
            "letter.secured", address=address, name=found[0]["name"], authority=believed(scene), patience=60.0
        )
        evidence.note(f"{found[0]['name']} at {address}: {told}")
        wrong += [] if told.startswith("TLSv1.") else [f"{found[0]['name']} at {address} is not known by TLS: {told}"]
    return wrong if found else [f"{own.domain} has no mail exchanger"]


def believed(scene: Scene) -> str | None:
    """Whom the world believes: where the hall names no authority outside, its own plays that part too."""
    return None if scene.federation.hall.acme else scene.authority
