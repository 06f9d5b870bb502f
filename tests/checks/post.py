"""Mail as people exchange it: somebody with a mailbox at each member, somebody outside, and letters between them."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any

from samdrift.federation.record import Member
from tests.checks.register import Person, joined, new_person
from tests.checks.scene import Scene, new_word

OUTSIDE = "internet.example"
"""Domain of the world's people (roles/outside)."""
WORLD = "/var/mail/world"
"""Where their mail lies on the guest that plays the world."""
DELIVERY = 60.0
"""Seconds within which an accepted message has to be in the mailbox."""

# In two parts each, so that no scanner on the way takes this file for what it only describes.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
REFUSED_SPAM = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
"""GTUBE (spamassassin.apache.org/gtube): every filter takes it for spam."""
MARKED_SPAM = "SAMDRIFT-SUSPICIOUS-MAIL-TEST-" + "4b1d97c2"
"""Text that counts as suspicious, not as spam (roles/relay): marked and delivered."""


@contextmanager
def people(
    scene: Scene, members: Sequence[Member], *, kind: str = "staff", accepted: bool = True
) -> Iterator[list[Person]]:
    """Somebody new of this kind at each of the members, out of its register (`register.joined`); gone afterwards."""
    with joined(scene, [new_person(one, kind) for one in members], accepted=accepted) as (_, found):
        yield found


def doors(scene: Scene, one: Person, **shown: str) -> dict[str, bool]:
    """Which of IMAP and submission let the person in with what is `shown`: a password, or a token."""
    told: dict[str, bool] = workplace(scene, one).ask(
        "mail_door.tried", host=mail_host(scene), user=one.name, patience=90.0, **shown
    )
    return told


@dataclass(frozen=True)
class Letter:
    """A message with a word in it that nothing on the platform can know before."""

    word: str
    octets: bytes

    @property
    def text(self) -> str:
        """As the probes take it."""
        return base64.b64encode(self.octets).decode()


def letter(
    sender: str, recipient: str, *, body: str = "Hej, vi ses i morgon.", attached: tuple[str, bytes] | None = None
) -> Letter:
    """Write an ordinary message; the word is in its subject, its body and the name of what is attached."""
    word, message = new_word(), EmailMessage()
    message["From"], message["To"] = sender, recipient
    message["Subject"] = f"Fråga om {word}"
    message["Date"], message["Message-ID"] = formatdate(localtime=True), make_msgid(domain=sender.partition("@")[2])
    message.set_content(f"{body}\n\n{word}\n")
    if attached:
        name, octets = attached
        message.add_attachment(octets, maintype="application", subtype="octet-stream", filename=f"{word}-{name}")
    return Letter(word, message.as_bytes().replace(b"\n", b"\r\n"))


def zipped(name: str, octets: bytes) -> bytes:
    """A compressed archive that holds one file."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, octets)
    return held.getvalue()


def forms(name: str, octets: bytes) -> dict[str, tuple[str, bytes]]:
    """The same file plain, in an archive, and in an archive in an archive: `{form: (file name, octets)}`."""
    once = zipped(f"{name}.bin", octets)
    return {
        "plain": (f"{name}.bin", octets),
        "zip": (f"{name}.zip", once),
        "nested zip": (f"{name}.zip", zipped(f"{name}.zip", once)),
    }


def exchanger(scene: Scene, domain: str) -> list[str]:
    """Addresses of the domain's best mail exchanger, as the world resolves it."""
    found = scene.station("outside").ask("letter.exchangers", server="127.0.0.1", domain=domain)
    return [str(address) for address in found[0]["addresses"]] if found else []


def from_outside(scene: Scene, one: Letter, *, sender: str, recipient: str, address: str) -> dict[str, Any]:
    """The world hands a message in at `address`."""
    told: dict[str, Any] = scene.station("outside").ask(
        "letter.send",
        address=address,
        sender=sender,
        recipients=[recipient],
        message=one.text,
        patience=90.0,
    )
    return told


def submit(scene: Scene, one: Letter, *, sender: Person, recipient: str) -> dict[str, Any]:
    """A person hands a message in, signed in, at the own member's workplace."""
    told: dict[str, Any] = workplace(scene, sender).ask(
        "letter.send",
        address=mail_host(scene),
        port=587,
        sender=sender.address,
        recipients=[recipient],
        message=one.text,
        user=sender.name,
        password=sender.password,
        name=f"{sender.member.key}-adm",
        patience=90.0,
    )
    return told


def mailbox(
    scene: Scene, owner: Person, word: str, *, seconds: float = 0.0, at: str | None = None
) -> list[dict[str, Any]]:
    """What the owner's mailbox holds with this word in it, read at the own member's workplace unless `at` another."""
    found: list[dict[str, Any]] = (scene.station(at) if at else workplace(scene, owner)).ask(
        "mailbox.wait",
        host=mail_host(scene),
        user=owner.name,
        password=owner.password,
        word=word,
        seconds=seconds,
        patience=seconds + 60.0,
    )
    return found


def world_mailbox(scene: Scene, word: str, *, seconds: float = 0.0) -> list[str]:
    """The world's messages with this word in them, whole."""
    found: list[str] = scene.station("outside").ask(
        "mailbox.in_folder", folder=f"{WORLD}/new", word=word, seconds=seconds, patience=seconds + 30.0
    )
    return found


def workplace(scene: Scene, person: Person) -> Any:
    """The station at the person's own workplace."""
    return scene.station(f"{person.member.key}-adm")


def mail_host(scene: Scene) -> str:
    """Name of the host with the mailboxes, as people know it."""
    return scene.guests["mail"].fqdn


def relay_tricks(own: str, victim: str) -> tuple[tuple[str, str], ...]:
    """Envelopes, sender and recipient, by which open relays were made to send to `victim`; `own` is a domain served.

    From the lists of the old relay testers (ORDB, abuse.net): percent hack, source routes, quoted and doubled
    addresses, bang paths, address literals, and senders that some hosts take for their own.
    """
    local, _, domain = victim.partition("@")
    recipients = (
        victim,
        f'"{victim}"',
        f"{local}%{domain}",
        f"{local}%{domain}@{own}",
        f'"{local}%{domain}"@{own}',
        f'"{victim}"@{own}',
        f"{victim}@{own}",
        f"@{own}:{victim}",
        f"@{own},@{domain}:{victim}",
        f"{domain}!{local}",
        f"{domain}!{local}@{own}",
        f"{own}!{domain}!{local}",
        f"{victim}@[127.0.0.1]",
        f"{local}%{domain}@[127.0.0.1]",
        f"{local}%{domain}@localhost",
        f"{victim}@localhost",
        f"{local}@[198.51.100.9]",
    )
    senders = (
        "",
        f"anna@{OUTSIDE}",
        f"postmaster@{own}",
        f"double-bounce@{own}",
        "root@localhost",
        "root@[127.0.0.1]",
        "anna",
    )
    return tuple((senders[1], one) for one in recipients) + tuple((one, victim) for one in senders)
