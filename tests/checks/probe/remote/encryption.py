"""How a port protects whoever speaks to it: its certificate, its versions of TLS, and what it does with plain text."""

import base64
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.checks.probe.remote import ber

OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
WEAK = "aNULL:eNULL:@SECLEVEL=0"
"""Suites without a proof of identity, and those that encrypt nothing."""
LOCAL = ("NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE")
"""Reasons of OpenSSL when this host itself cannot ask: nothing was asked, so it is no answer."""
BIND_ANSWER = 0x61
KINDS = {
    "https": "http",
    "ldaps": "ldap",
    "ldap-starttls": "ldap",
    "imaps": "imap",
    "smtps": "smtp",
    "smtp-starttls": "smtp",
}


def look(*, targets: list[dict[str, Any]], inside: str, outside: str, patience: float = 3.0) -> list[dict[str, Any]]:
    """Return what a user's program meets at each of `targets` (`address`, `port`, `name`, `speech`).

    `reached`: empty, or why no connection came about. `trusted`: empty, or why this host does not believe the
    certificate. `version`, `ends` (seconds since 1970): of the session. `heard`: the answer to credentials of the word
    `inside`, given under TLS. `plain`: to those of `outside`, given without. `old`: what it takes that nobody should.
    """
    with ThreadPoolExecutor(8) as together:
        return list(together.map(lambda one: one | _look(one, inside, outside, patience), targets))


def _look(target: dict[str, Any], inside: str, outside: str, patience: float) -> dict[str, Any]:
    found = {"reached": "", "trusted": "", "version": "", "ends": 0, "heard": "", "plain": "", "old": []}

    def call() -> socket.socket:
        return socket.create_connection((target["address"], target["port"]), timeout=patience)

    try:
        found |= _session(call(), target, inside)
    except ssl.SSLCertVerificationError as error:
        found["trusted"] = error.verify_message
    except OSError as error:
        return found | {"reached": str(error) or type(error).__name__}
    found["plain"] = _quiet(lambda: _talk(call(), target, outside, greets=True))
    found["old"] = [words for words in (_taken(call, target, *ask) for ask in _unwanted()) if words]
    return found


def _session(plain: socket.socket, target: dict[str, Any], word: str) -> dict[str, Any]:
    _begin(plain, target["speech"])
    with ssl.create_default_context().wrap_socket(plain, server_hostname=target["name"]) as stream:
        told = {"version": stream.version(), "ends": ssl.cert_time_to_seconds(str(stream.getpeercert()["notAfter"]))}  # type: ignore[index]
        stream.settimeout(30.0)  # who guesses is answered later and later: the server's own protection
        # After STARTTLS the server waits to be spoken to (RFC 3207, 4.2).
        return told | {"heard": _quiet(lambda: _talk(stream, target, word, greets=target["speech"] != "smtp-starttls"))}


def _unwanted() -> list[tuple[str, ssl.SSLContext]]:
    found = []
    for name, least, most, suites in (
        *((version.name, version, version, "ALL:@SECLEVEL=0") for version in OLD),
        ("no identity or no encryption", ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2, WEAK),
    ):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version, context.maximum_version = least, most
        context.set_ciphers(suites)
        found.append((name, context))
    return found


def _taken(call: Callable[[], socket.socket], target: dict[str, Any], name: str, context: ssl.SSLContext) -> str:
    """Return what was agreed on although it should not, or nothing where the server refused."""
    with call() as plain:
        _begin(plain, target["speech"])
        try:
            with context.wrap_socket(plain, server_hostname=target["name"]) as stream:
                return f"{name}: {stream.version()} {stream.cipher()}"
        except OSError as error:
            if getattr(error, "reason", None) in LOCAL:
                raise
            return ""


def _begin(plain: socket.socket, speech: str) -> None:
    """Ask for TLS where it does not begin by itself."""
    if speech == "ldap-starttls":
        request = ber.wrap(0x77, ber.text("1.3.6.1.4.1.1466.20037", 0x80))  # RFC 4511, 4.14
        plain.sendall(ber.wrap(0x30, ber.number(1), request))
        plain.recv(4096)
    elif speech == "smtp-starttls":
        _smtp(plain, "EHLO probe.invalid", "STARTTLS", greets=True)


def _quiet(talk: Callable[[], str]) -> str:
    """Return what was said; nothing where the other side was silent, hung up, or spoke something else."""
    try:
        return talk()
    except (OSError, StopIteration):
        return ""


def _talk(stream: socket.socket, target: dict[str, Any], word: str, *, greets: bool) -> str:
    """Give credentials made of `word` as the port's protocol does; return the first line of the answer to them.

    `greets`: the server speaks first, where its protocol knows that.
    """
    kind = KINDS[target["speech"]]
    secret = base64.b64encode(f"\0{word}\0{word}".encode()).decode()
    with stream:
        if kind == "ldap":
            bind = ber.wrap(0x60, ber.number(3), ber.text(f"cn={word}"), ber.text(word, 0x80))
            stream.sendall(ber.wrap(0x30, ber.number(1), bind))
            return _result(stream.recv(4096))
        if kind == "http":
            lines = (f"GET /{word} HTTP/1.1", f"Host: {target['name']}", f"Authorization: Basic {secret}")
            stream.sendall("\r\n".join((*lines, "Connection: close", "", "")).encode())
            return _status(stream.recv(4096).decode("latin-1"))
        if kind == "imap":
            _line(stream, "* ")
            stream.sendall(f"a LOGIN {word} {word}\r\n".encode())
            return _line(stream, "a ")
        return _smtp(stream, f"EHLO {word}.invalid", f"AUTH PLAIN {secret}", greets=greets)


def _smtp(stream: socket.socket, *commands: str, greets: bool) -> str:
    """Send one command after the other, each when the one before was answered; return the last answer."""
    answer = _answer(stream) if greets else ""
    for command in commands:
        stream.sendall(f"{command}\r\n".encode())
        answer = _answer(stream)
    return answer


def _answer(stream: socket.socket) -> str:
    """Return the last line of an answer of SMTP (RFC 5321, 4.2.1)."""
    line = _line(stream, "")
    while line[3:4] == "-":
        line = _line(stream, "")
    return line if line[:3].isdigit() else ""


def _line(stream: socket.socket, begin: str) -> str:
    """Return the next line that begins so; nothing where there comes none."""
    text = b""
    while True:
        octet = stream.recv(1)
        text += octet
        if not octet or len(text) > 4096:
            return ""
        if octet == b"\n":
            line, text = text.decode("latin-1").strip(), b""
            if line.startswith(begin):
                return line


def _result(content: bytes) -> str:
    """Return LDAP's result of a bind (RFC 4511, 4.1.9)."""
    _, message = next(ber.elements(content))
    tag, answer = list(ber.elements(message))[1]
    return f"result {int.from_bytes(next(ber.elements(answer))[1], 'big')}" if tag == BIND_ANSWER else ""


def _status(text: str) -> str:
    """Return the status of an HTTP answer, and where it sends to."""
    lines = text.split("\r\n")
    sent = [line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("location:")]
    return " ".join([lines[0], *sent]) if lines[0].startswith("HTTP/") else ""
