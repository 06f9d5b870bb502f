"""An LDAP client of a few questions, under TLS: bind, and search below a base. For any host that has Python."""

import socket
import ssl
from collections.abc import Iterator
from typing import Any

from tests.checks.probe.remote import ber

BIND, SEARCH, ENTRY, DONE, BOUND = 0x60, 0x63, 0x64, 0x65, 0x61
SUBTREE, BASE = 2, 0


def bind(*, host: str, name: str, password: str, port: int = 636, patience: float = 10.0) -> int:
    """Return LDAP's result of a simple bind: 0 good, 49 wrong name or password (RFC 4511, 4.1.9)."""
    with _opened(host, port, patience) as stream:
        return _bind(stream, name, password)


def search(
    *, host: str, name: str, password: str, base: str, equals: list[str], port: int = 636, patience: float = 15.0
) -> dict[str, Any]:
    """Bind, search the subtree of `base` for `equals` (attribute, value; `*`: has any), and return what was told.

    `bound` and `code` are LDAP's results, `names` the names of the entries found: at most the server's own limit.
    """
    with _opened(host, port, patience) as stream:
        if bound := _bind(stream, name, password):
            return {"bound": bound, "code": None, "names": []}
        attribute, value = equals
        wanted = ber.text(attribute, 0x87) if value == "*" else ber.wrap(0xA3, ber.text(attribute), ber.text(value))
        limits = [ber.number(SUBTREE, 0x0A), ber.number(0, 0x0A), ber.number(0), ber.number(0), ber.wrap(0x01, b"\0")]
        # 1.1: no attributes, names only (RFC 4511, 4.5.1.8).
        question = ber.wrap(SEARCH, ber.text(base), *limits, wanted, ber.wrap(0x30, ber.text("1.1")))
        stream.sendall(ber.wrap(0x30, ber.number(2), question))
        names = []
        for tag, content in _messages(stream):
            if tag == ENTRY:
                names.append(next(ber.elements(content))[1].decode())
            elif tag == DONE:
                return {"bound": 0, "code": _code(content), "names": names}
    raise OSError(f"{host} ended the answer early")


def _opened(host: str, port: int, patience: float) -> ssl.SSLSocket:
    context = ssl.create_default_context()  # the federation's certificate, or no conversation
    return context.wrap_socket(socket.create_connection((host, port), timeout=patience), server_hostname=host)


def _bind(stream: ssl.SSLSocket, name: str, password: str) -> int:
    request = ber.wrap(BIND, ber.number(3), ber.text(name), ber.text(password, 0x80))
    stream.sendall(ber.wrap(0x30, ber.number(1), request))
    for tag, content in _messages(stream):
        if tag == BOUND:
            return _code(content)
    raise OSError("no answer to the bind")


def _code(content: bytes) -> int:
    return int.from_bytes(next(ber.elements(content))[1], "big")


def _messages(stream: ssl.SSLSocket) -> Iterator[tuple[int, bytes]]:
    """Yield (operation, content) of each message as it comes."""
    rest = b""
    while True:
        block = stream.recv(65536)
        if not block:
            return
        rest += block
        while (size := _size(rest)) and len(rest) >= size:
            message, rest = rest[:size], rest[size:]
            _, inside = next(ber.elements(message))
            _, operation = list(ber.elements(inside))[:2]
            yield operation


def _size(content: bytes) -> int:
    """Bytes of the element that begins here, 0 while that cannot be told."""
    if len(content) < 2:
        return 0
    if content[1] < 0x80:
        return 2 + content[1]
    count = content[1] & 0x7F
    return 0 if len(content) < 2 + count else 2 + count + int.from_bytes(content[2 : 2 + count], "big")
