"""Read a mailbox as its owner does: signed in by IMAP, under TLS with a certificate that the host here trusts."""

import email
import email.policy
import imaplib
import re
import ssl
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any


def wait(
    *, host: str, user: str, password: str, word: str, seconds: float = 0.0, count: int = 1
) -> list[dict[str, Any]]:
    """Return the messages that hold `word` in any folder, as soon as there are `count`, or after the time.

    Each is `{"folder", "subject", "sender", "headers", "text", "attachments"}`; attachments are names, also those
    inside of messages that are attached.
    """
    deadline = time.monotonic() + seconds
    while True:
        found: list[dict[str, Any]] = []
        try:
            with _signed_in(host, user, password) as box:
                found = [one for folder in _folders(box) for one in _holding(box, folder, word)]
        except (imaplib.IMAP4.abort, ConnectionError):
            # Dovecot hangs up when it is restarted. A mail program comes again.
            if time.monotonic() > deadline:
                raise
        if len(found) >= count or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def in_folder(*, folder: str, word: str, seconds: float = 0.0) -> list[str]:
    """Return the messages of a Maildir folder of this host that hold `word`, as soon as there is one."""
    deadline = time.monotonic() + seconds
    while True:
        files = Path(folder).iterdir() if Path(folder).is_dir() else ()
        found = [
            octets.decode(errors="replace")
            for octets in (file.read_bytes() for file in files)
            if word.encode() in octets
        ]
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def move(*, host: str, user: str, password: str, word: str, source: str, target: str) -> int:
    """Move the messages that hold `word` from one folder to another (RFC 6851); return how many."""
    with _signed_in(host, user, password) as box:
        _good(box.select(_quoted(source)))
        numbers = _numbers(box, word)
        for number in numbers:
            _good(box.uid("MOVE", number, _quoted(target)))
        return len(numbers)


def arrival(*, host: str, user: str, password: str, word: str, seconds: float) -> float:
    """Return the moment (seconds since 1970) at which a message with `word` in its subject is in the inbox."""
    deadline = time.monotonic() + seconds
    with _signed_in(host, user, password) as box:
        _good(box.select("INBOX", readonly=True))
        while not _good(box.search(None, "HEADER", "SUBJECT", f'"{word}"'))[0]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no message with {word} for {user} within {seconds:g} s")
            time.sleep(0.01)
            box.noop()
        return time.time()


def empty(*, host: str, user: str, password: str) -> int:
    """Delete every message of the inbox for good; return how many."""
    with _signed_in(host, user, password) as box:
        count = int(_good(box.select("INBOX"))[0])
        if count:
            _good(box.store("1:*", "+FLAGS", "(\\Deleted)"))
            _good(box.expunge())
        return count


_OPEN: dict[str, imaplib.IMAP4_SSL] = {}


def stay(*, host: str, user: str, password: str) -> None:
    """Sign in and stay so, as a mail program does."""
    _OPEN[user] = _signed_in(host, user, password)
    _good(_OPEN[user].select("INBOX", readonly=True))


def open_still(*, user: str, seconds: float = 0.0) -> bool:
    """Whether whoever stayed is served still, after so long at the most."""
    deadline = time.monotonic() + seconds
    try:
        while True:
            _good(_OPEN[user].noop())
            if time.monotonic() > deadline:
                return True
            time.sleep(0.2)
    except (imaplib.IMAP4.abort, OSError):
        return False


def leave(*, user: str) -> None:
    """Close what stayed open."""
    _OPEN.pop(user).shutdown()


def _signed_in(host: str, user: str, password: str) -> imaplib.IMAP4_SSL:
    box = imaplib.IMAP4_SSL(host, ssl_context=ssl.create_default_context(), timeout=15)
    try:
        box.login(user, password)
    except imaplib.IMAP4.error as error:
        raise PermissionError(f"{host} does not let {user} in: {error}") from None
    return box


def _folders(box: imaplib.IMAP4_SSL) -> list[str]:
    lines = [line.decode() for line in _good(box.list()) if isinstance(line, bytes)]
    matched = [re.fullmatch(r'\((?P<flags>[^)]*)\) (?:"[^"]*"|NIL) (?P<name>.*)', line) for line in lines]
    return [one["name"].strip('"') for one in matched if one and "\\noselect" not in one["flags"].lower()]


def _holding(box: imaplib.IMAP4_SSL, folder: str, word: str) -> list[dict[str, Any]]:
    _good(box.select(_quoted(folder), readonly=True))
    found = []
    for number in _numbers(box, word):
        octets = next(part[1] for part in _good(box.uid("FETCH", number, "(BODY.PEEK[])")) if isinstance(part, tuple))
        message = _message(octets)
        found.append(
            {
                "folder": folder,
                "subject": str(message["Subject"]),
                "sender": str(message["From"]),
                "headers": [[name, str(value)] for name, value in message.items()],
                "text": _text(message),
                "attachments": _attachments(message),
            }
        )
    return found


def _numbers(box: imaplib.IMAP4_SSL, word: str) -> list[str]:
    # Every message is read: a server that searches an index would tell what the index knows.
    numbers = _good(box.uid("SEARCH", "ALL"))[0].split()
    found = []
    for number in numbers:
        parts = _good(box.uid("FETCH", number.decode(), "(BODY.PEEK[])"))
        if any(_holds(part[1], word) for part in parts if isinstance(part, tuple)):
            found.append(number.decode())
    return found


def _message(octets: bytes) -> EmailMessage:
    return email.message_from_bytes(octets, policy=email.policy.default)


def _holds(octets: bytes, word: str) -> bool:
    """Whether the word is in the message as it travelled, or as it reads once its encoding is undone."""
    return word.encode() in octets or word in _text(_message(octets))


def _text(message: EmailMessage) -> str:
    parts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join([str(message["Subject"]), *(part for part in parts if isinstance(part, str))])


def _attachments(message: EmailMessage) -> list[str]:
    names = []
    for part in message.walk():
        if name := part.get_filename():
            names.append(name)
    return names


def _quoted(folder: str) -> str:
    return f'"{folder}"'


def _good(answer: tuple[str, list[Any]]) -> list[Any]:
    code, told = answer
    if code != "OK":
        raise OSError(f"the mailbox answers {code}: {told}")
    return told
