"""Send mail as a client does: to the exchanger that the DNS names, or signed in to a submission service."""

import base64
import contextlib
import random
import smtplib
import socket
import ssl
import struct
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

MX, A, AAAA, TXT = 15, 1, 28, 16
NO_SUCH_NAME = 3


def exchangers(*, server: str, domain: str) -> list[dict[str, Any]]:
    """Return the domain's exchangers, best first, as `server` knows them: `{"name", "addresses"}`."""
    found = []
    for record in sorted(_records(server, domain, MX)):
        name = record.split()[1]
        addresses = [one for kind in (A, AAAA) for one in _records(server, name, kind)]
        found.append({"name": name, "addresses": addresses})
    return found


def texts(*, server: str, name: str) -> list[str]:
    """Return the texts of a name as `server` knows them, each whole; none where there is no such name."""
    return _records(server, name, TXT)


def secured(*, address: str, name: str, port: int = 25, authority: str | None = None) -> str:
    """Ask a mail host for TLS and verify that it is `name`; return the version of TLS, or why it is not known.

    `authority`: PEM of whom the asker believes; None for whom this host believes.
    """
    try:
        with smtplib.SMTP(address, port, local_hostname="mx.internet.example", timeout=20) as call:
            call._host = name  # type: ignore[attr-defined] # whom the certificate has to name
            call.starttls(context=ssl.create_default_context(cadata=authority))
            return str(call.sock.version())  # type: ignore[union-attr]
    except (smtplib.SMTPException, OSError) as error:
        return f"{type(error).__name__}: {error}"


def send(
    *,
    address: str,
    sender: str,
    recipients: list[str],
    message: str,
    port: int = 25,
    name: str = "mx.internet.example",
    user: str = "",
    password: str = "",
    secure: bool = False,
    certificate: Sequence[str] = (),
    patience: float = 60.0,
) -> dict[str, object]:
    """Hand in a message (base64 of its octets); return where it ended, the code and words of that answer, and `at`: the
    moment of the message's own, seconds since 1970.

    `step` is `taken`, or `connect`, `sign in`, `sender`, `recipient`, `message`: what was refused. With a `user` it is
    submitted under TLS with a certificate that the host here trusts; port 465 speaks TLS from the beginning. `secure`
    is TLS without a user; so is a `certificate` to show (files of a chain and its key), for hosts that know each other.
    """
    step, at = "connect", 0.0
    context = ssl.create_default_context()
    if certificate:
        context.load_cert_chain(*certificate)
    try:
        with _connected(address, port, name=name, patience=patience, context=context) as call:
            call.ehlo_or_helo_if_needed()
            if (user or secure or certificate) and port != 465:
                call.starttls(context=context)
                call.ehlo()
            if user:
                step = "sign in"
                call.login(user, password)
            step = "sender"
            code, words = call.mail(sender)
            for one in recipients if code == 250 else ():
                step = "recipient"
                code, words = call.rcpt(one)
                if code not in (250, 251):
                    break
            if code in (250, 251):
                step = "message"
                code, words = call.data(base64.b64decode(message))
                at = time.time()
            if code == 250:
                step = "taken"
    except smtplib.SMTPResponseException as error:
        code, told = error.smtp_code, error.smtp_error
        words = told if isinstance(told, bytes) else told.encode()
    except (smtplib.SMTPServerDisconnected, ConnectionError) as error:
        code, words = 0, str(error).encode()
    return {"step": step, "code": code, "words": words.decode(errors="replace"), "at": at}


def converse(*, address: str, lines: list[str], port: int = 25, patience: float = 30.0) -> list[str]:
    """Say the lines one after the other, each after the answer to the one before; return the greeting and the answers.

    TimeoutError where nobody answers; what was answered until the other side hangs up otherwise.
    """
    told = []
    with socket.create_connection((address, port), timeout=patience) as call, call.makefile("rb") as answers:
        for line in [None, *lines]:
            if line is not None:
                call.sendall(f"{line}\r\n".encode())
            answer = _answer(answers)
            told.append(answer)
            if not answer:
                break
    return told


def reachable(*, targets: list[dict[str, Any]], patience: float = 3.0) -> list[dict[str, Any]]:
    """Return those of the targets (`{"address", "port"}`) that take a call, each with its `greeting`, if any."""

    def call(target: dict[str, Any]) -> dict[str, Any] | None:
        try:
            far = socket.create_connection((target["address"], target["port"]), timeout=patience)
        except OSError:
            return None
        # Who speaks TLS from the beginning waits for the caller.
        with far, contextlib.suppress(OSError):
            return {**target, "greeting": far.recv(512).decode(errors="replace").strip()}
        return {**target, "greeting": ""}

    with ThreadPoolExecutor(20) as together:
        return [one for one in together.map(call, targets) if one]


@contextlib.contextmanager
def _connected(
    address: str, port: int, *, name: str, patience: float, context: ssl.SSLContext
) -> Iterator[smtplib.SMTP]:
    if port == 465:
        call: smtplib.SMTP = smtplib.SMTP_SSL(address, port, local_hostname=name, timeout=patience, context=context)
    else:
        call = smtplib.SMTP(address, port, local_hostname=name, timeout=patience)
    try:
        yield call
    finally:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            call.quit()


def _answer(answers: BinaryIO) -> str:
    words = []
    while line := answers.readline():
        words.append(line.decode(errors="replace").rstrip())
        if line[3:4] != b"-":
            break
    return "\n".join(words)


def _records(server: str, name: str, kind: int) -> list[str]:
    """Addresses, texts, or exchangers as `00010 name`, so that they sort by preference."""
    number = random.randrange(65536)
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".")) + b"\0"
    question = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!HH", kind, 1)
    with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as call:
        call.settimeout(5)
        call.connect((server, 53))
        call.send(question)
        answer = call.recv(4096)
    same, flags, _, count = struct.unpack_from("!HHHH", answer)
    if same == number and flags & 15 == NO_SUCH_NAME:
        return []
    if same != number or flags & 15:
        raise OSError(f"{server} answers the question for {name} with code {flags & 15}")
    place, found = len(question), []
    for _ in range(count):
        _, place = _name(answer, place)
        told, _, _, length = struct.unpack_from("!HHIH", answer, place)
        place += 10
        if told == kind == MX:
            (preference,) = struct.unpack_from("!H", answer, place)
            found.append(f"{preference:05} {_name(answer, place + 2)[0]}")
        elif told == kind == TXT:
            found.append(_strings(answer[place : place + length]))
        elif told == kind:
            family = socket.AF_INET if kind == A else socket.AF_INET6
            found.append(socket.inet_ntop(family, answer[place : place + length]))
        place += length
    return found


def _strings(octets: bytes) -> str:
    """The strings of a text, read as one (RFC 1035, 3.3.14)."""
    text, place = b"", 0
    while place < len(octets):
        text += octets[place + 1 : place + 1 + octets[place]]
        place += 1 + octets[place]
    return text.decode(errors="replace")


def _name(answer: bytes, place: int) -> tuple[str, int]:
    """A name of a DNS message and the place after it; a pointer (RFC 1035, 4.1.4) leads to the rest of it."""
    labels, after = [], 0
    while length := answer[place]:
        if length >= 0xC0:
            after = after or place + 2
            place = struct.unpack_from("!H", answer, place)[0] & 0x3FFF
            continue
        labels.append(answer[place + 1 : place + 1 + length].decode())
        place += length + 1
    return ".".join(labels), after or place + 1
