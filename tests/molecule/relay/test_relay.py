"""The mail gateway, seen from the world, from the store, and by what each of them gets."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checks import post
from tests.checks.probe.station import Station

On = Callable[..., str]

RECIPIENT, OTHER = "ystad.s1", "simrishamn.s1"
OWN = "ystad.example"
ANNA = f"anna@{post.OUTSIDE}"
FORMS = ("plain", "zip", "nested zip")
SCANNER = "clamav-daemon.socket clamav-daemon.service"


def station(host: str) -> Station:
    config = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "ssh" / "config"
    return Station(host, ["ssh", "-F", str(config), "-o", "BatchMode=yes", host], through_shell=True)


@pytest.fixture(scope="module")
def world() -> Iterator[Station]:
    """A place on the guest that plays the world."""
    with station("outside") as found:
        yield found


@pytest.fixture(scope="module")
def store() -> Iterator[Station]:
    """A place on the host with the mailboxes."""
    with station("mail") as found:
        yield found


@pytest.fixture(scope="module")
def gateway(world: Station) -> str:
    """Address under which the world finds the gateway."""
    found = world.ask("letter.exchangers", server="127.0.0.1", domain=OWN)
    assert [one["name"] for one in found] == ["mx1.osterlen.example"]
    return str(found[0]["addresses"][0])


@pytest.fixture(scope="module")
def mail_of() -> dict[str, str]:
    """Mail addresses of two people, as the directory knows them."""
    found = {}
    with station("dc1") as place:
        for account in (RECIPIENT, OTHER):
            command = ["samba-tool", "user", "show", account, "--attributes=mail"]
            shown = place.ask("shell.run", command=command, patience=60.0)["out"]
            found[account] = next(line.split()[1] for line in shown.splitlines() if line.startswith("mail:"))
    return found


@pytest.fixture(scope="module")
def address(mail_of: dict[str, str]) -> str:
    """Mail address of the recipient."""
    return mail_of[RECIPIENT]


def send(world: Station, gateway: str, one: post.Letter, *, recipient: str, sender: str = ANNA) -> dict[str, Any]:
    told: dict[str, Any] = world.ask(
        "letter.send", address=gateway, sender=sender, recipients=[recipient], message=one.text, patience=90.0
    )
    return told


def held(on: On, account: str, word: str, *, seconds: int = 40) -> str:
    """The message with this word in the account's mailbox, `path` in its first line; nothing where there is none."""
    search = f"grep -rl {word} /var/mail/*/{account} 2>/dev/null | head -1"
    look = f'for n in $(seq {seconds}); do f=$({search}); [ -n "$f" ] && {{ echo $f; cat $f; exit; }}; sleep 1; done'
    return on("mail", look)


def submitted(on: On, one: post.Letter, *, sender: str, recipient: str) -> None:
    """Handed in on the store itself, which sends everything through the gateway."""
    words = f"base64 -d | sendmail -i -f {shlex.quote(sender)} {shlex.quote(recipient)}"
    on("mail", f"echo {one.text} | {words}")


def alarms(on: On, word: str, text: str = "malware stopped") -> list[dict[str, Any]]:
    lines = on("mx1", f"journalctl -q -o cat -u rspamd -g 'ALARM {text}' | grep {word} || true").splitlines()
    return [json.loads(line.partition(f"ALARM {text}: ")[2]) for line in lines]


def test_clean_mail_arrives_with_what_was_found(on: On, world: Station, address: str) -> None:
    """Handed in at the world's own host, which signs it; somebody else's word for our finding is taken out."""
    one = post.letter(ANNA, address)
    forged = b"Authentication-Results: mx1.osterlen.example; dmarc=pass header.from=forged.example\r\n"
    told = world.ask(
        "letter.send",
        address="127.0.0.1",
        sender=ANNA,
        recipients=[address],
        message=post.Letter(one.word, forged + one.octets).text,
    )
    assert told["step"] == "taken", told
    found = held(on, RECIPIENT, one.word)
    finding = found.partition("Authentication-Results: mx1.osterlen.example;")[2].partition("\n\n")[0]
    for word in ("dkim=pass", "spf=pass", "dmarc=pass"):
        assert word in finding, found
    assert "forged.example" not in found
    assert "TLSv1.3" in found


def test_test_spam_is_refused_and_suspicious_mail_is_kept_apart(
    on: On, world: Station, gateway: str, address: str
) -> None:
    spam = post.letter(ANNA, address, body=post.REFUSED_SPAM)
    told = send(world, gateway, spam, recipient=address)
    assert (told["step"], told["code"]) == ("message", 554), told
    marked = post.letter(ANNA, address, body=post.MARKED_SPAM)
    assert send(world, gateway, marked, recipient=address)["step"] == "taken"
    found = held(on, RECIPIENT, marked.word)
    assert "X-Spam: Yes" in found
    assert "Junk" in found.splitlines()[0]
    assert not held(on, RECIPIENT, spam.word, seconds=1)


@pytest.mark.parametrize("form", FORMS)
def test_malware_from_outside_is_refused_and_told(
    form: str, on: On, world: Station, gateway: str, address: str
) -> None:
    bad = post.letter(ANNA, address, attached=post.forms("faktura", post.EICAR)[form])
    told = send(world, gateway, bad, recipient=address)
    assert (told["step"], told["code"]) == ("message", 554), told
    (alarm,) = alarms(on, bad.word)
    assert bad.word in alarm["subject"]
    assert bad.word in alarm["attachments"][0]
    assert (alarm["sender"], alarm["recipients"]) == ([ANNA], [address])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("recipient", ["member", "world"])
def test_malware_from_members_goes_nowhere_and_does_not_come_back(
    recipient: str, form: str, on: On, mail_of: dict[str, str]
) -> None:
    """The bounce tells its sender; it does not bring the attachment into the mailbox past the filter."""
    address, target = mail_of[RECIPIENT], mail_of[OTHER] if recipient == "member" else ANNA
    bad = post.letter(address, target, attached=post.forms("faktura", post.EICAR)[form])
    submitted(on, bad, sender=address, recipient=target)
    bounce = held(on, RECIPIENT, bad.word)
    assert "Malware was found in this message" in bounce
    assert "attachment" not in bounce
    assert alarms(on, bad.word)
    assert not held(on, OTHER, bad.word, seconds=1)
    assert not on("outside", f"grep -rl {bad.word} {post.WORLD} || true")


@pytest.mark.parametrize(
    ("envelope", "written"),
    [
        (f"boss@{OWN}", f"boss@{OWN}"),
        (f"boss@{OWN}", ANNA),
        (ANNA, f"boss@{OWN}"),
        ("", f"boss@{OWN}"),
        (ANNA, f"Boss <boss@{OWN}>"),
        (ANNA, "desk@osterlen.example"),
        (ANNA, f"boss@hr.{OWN}"),
        ("office@bank.example", "office@bank.example"),
    ],
)
def test_a_forged_sender_is_refused(envelope: str, written: str, world: Station, gateway: str, address: str) -> None:
    """In the name of a member, of a domain under a member's, and of a stranger whose policy asks for it."""
    one = post.letter(written, address)
    told = send(world, gateway, one, recipient=address, sender=envelope)
    assert told["step"] in ("recipient", "message"), told
    assert 500 <= told["code"] < 600, told


def test_what_the_bank_signs_is_taken(on: On, world: Station, address: str) -> None:
    """The control beside the forged one: the same domain, but with its signature."""
    one = post.letter("office@bank.example", address)
    told = world.ask(
        "letter.send", address="127.0.0.1", sender="office@bank.example", recipients=[address], message=one.text
    )
    assert told["step"] == "taken", told
    assert "dmarc=pass" in held(on, RECIPIENT, one.word)


def test_no_trick_makes_it_an_open_relay(world: Station, gateway: str, address: str) -> None:
    victim = "victim@bank.example"
    for sender, recipient in post.relay_tricks(OWN, victim):
        told = world.ask(
            "letter.converse",
            address=gateway,
            lines=["EHLO mx.internet.example", f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"],
        )
        assert told[-1][:1] in ("4", "5"), (sender, recipient, told)
    good = ["EHLO mx.internet.example", f"MAIL FROM:<{ANNA}>", f"RCPT TO:<{address}>"]
    assert world.ask("letter.converse", address=gateway, lines=good)[-1].startswith("250")


def test_an_unknown_recipient_is_refused_at_the_door(world: Station, gateway: str) -> None:
    told = send(world, gateway, post.letter(ANNA, f"nobody.here@{OWN}"), recipient=f"nobody.here@{OWN}")
    assert (told["step"], told["code"]) == ("recipient", 550), told


def test_the_world_is_offered_tls_and_no_more_than_it_needs(on: On, world: Station, gateway: str) -> None:
    greeting, offered, verified, turned = world.ask(
        "letter.converse", address=gateway, lines=["EHLO mx.internet.example", "VRFY postmaster", "ETRN ystad.example"]
    )
    assert greeting == "220 mx1.osterlen.example ESMTP"
    assert "STARTTLS" in offered
    assert not {"DSN", "ETRN", "VRFY", "AUTH"} & set(offered.replace("250-", "").replace("250 ", "").split())
    assert verified[:1] == turned[:1] == "5"
    authority = on("mx1", "cat /etc/postfix/authority.pem")
    call = f"openssl s_client -starttls smtp -connect {gateway}:25 -verify_hostname mx1.osterlen.example"
    on("outside", f"{call} -CAfile /dev/stdin -verify_return_error <<'E'\n{authority}E")


def test_what_members_send_is_signed_and_the_world_verifies_it(on: On, address: str) -> None:
    """By other software than the gateway's."""
    one = post.letter(address, ANNA)
    submitted(on, one, sender=address, recipient=ANNA)
    search = f"for n in $(seq 40); do grep -rl {one.word} {post.WORLD} && exit; sleep 1; done; exit 1"
    found = on("outside", f"cat $({search})")
    assert f"dkim=pass (2048-bit key; unprotected) header.d={OWN}" in found
    assert f"spf=pass smtp.mailfrom={OWN}" in found
    assert f"dmarc=pass (p=reject dis=none) header.from={OWN}" in found
    assert "TLSv1.3" in found.partition("by mx.internet.example")[0]
    assert "X-Spamd-Result" not in found


def test_the_stores_address_alone_opens_nothing(store: Station) -> None:
    told = store.ask(
        "letter.send",
        address="mx1.osterlen.example",
        sender=f"boss@{OWN}",
        recipients=[ANNA],
        message=post.letter(f"boss@{OWN}", ANNA).text,
    )
    assert (told["step"], told["code"]) == ("recipient", 554), told


@pytest.mark.parametrize("units", [SCANNER, "rspamd.service"])
def test_without_the_scanner_mail_waits_and_is_not_lost(
    units: str, on: On, world: Station, gateway: str, address: str
) -> None:
    one = post.letter(ANNA, address, attached=post.forms("faktura", post.EICAR)["plain"])
    clean = post.letter(address, ANNA)
    try:
        on("mx1", f"systemctl stop {units}")
        told = send(world, gateway, one, recipient=address)
        assert 400 <= told["code"] < 500, told
        submitted(on, clean, sender=address, recipient=ANNA)
    finally:
        on("mx1", f"systemctl start {units}")
    assert not held(on, RECIPIENT, one.word, seconds=1)
    on("mail", "postqueue -f")
    on("outside", f"for n in $(seq 100); do grep -rq {clean.word} {post.WORLD} && exit; sleep 1; done; exit 1")


def test_mail_for_a_stopped_store_is_kept_and_delivered(on: On, world: Station, gateway: str, address: str) -> None:
    """The recipient is known from before; what was acknowledged is delivered when the store is back."""
    first = post.letter(ANNA, address)
    assert send(world, gateway, first, recipient=address)["step"] == "taken"
    one = post.letter(ANNA, address)
    try:
        on("mail", "systemctl stop postfix")
        told = send(world, gateway, one, recipient=address)
        assert told["step"] == "taken", told
        unknown = send(world, gateway, post.letter(ANNA, address), recipient=f"new.nobody@{OWN}")
        assert unknown["code"] == 450, unknown
        assert not held(on, RECIPIENT, one.word, seconds=1)
    finally:
        on("mail", "systemctl start postfix")
    assert held(on, RECIPIENT, one.word, seconds=150)


def test_no_key_lies_open(on: On) -> None:
    shown = on("mx1", "stat -c '%a %U:%G %n' /etc/rspamd/dkim/*.key")
    assert len(shown.splitlines()) == 4
    assert all(line.startswith("640 root:_rspamd ") for line in shown.splitlines())
    assert on("mx1", "systemctl --failed --no-legend").strip() == ""
