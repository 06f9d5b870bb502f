"""Come in to a PostgreSQL server as a program does, and ask one question (protocol 3.0; SCRAM-SHA-256, RFC 7677)."""

import base64
import hashlib
import hmac
import os
import socket
import ssl
import struct
from typing import Any

SSL_REQUEST = struct.pack("!II", 8, 80877103)
VERSION = 196608
OK, SASL, SASL_CONTINUE, SASL_FINAL = 0, 10, 11, 12


class Refused(Exception):
    """The server said no: its SQLSTATE and its sentence."""


def attempt(
    *,
    address: str,
    user: str,
    password: str,
    database: str,
    tls: bool = True,
    query: str = "SELECT 1",
    name: str = "",
    seconds: float = 5.0,
) -> dict[str, Any]:
    """Return the step it ended at, the server's words, and the `rows` of an answer.

    Steps: `unreachable` (no connection), `refused` (the server said no), `in`. `name`: verified in the certificate,
    with the host's own trusted roots.
    """
    try:
        plain = socket.create_connection((address, 5432), timeout=seconds)
    except OSError as error:
        return {"step": "unreachable", "said": str(error), "rows": []}
    try:
        with _secured(plain, name) if tls else plain as line:
            _enter(line, user, password, database)
            return {"step": "in", "said": "", "rows": _ask(line, query)}
    except (Refused, OSError) as error:
        return {"step": "refused", "said": str(error), "rows": []}


def _secured(plain: socket.socket, name: str) -> socket.socket:
    context = ssl.create_default_context()
    if not name:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain.sendall(SSL_REQUEST)
    if plain.recv(1) != b"S":
        raise Refused("the server speaks no TLS")
    return context.wrap_socket(plain, server_hostname=name or None)


def _enter(line: socket.socket, user: str, password: str, database: str) -> None:
    words = b"".join(one.encode() + b"\0" for one in ("user", user, "database", database)) + b"\0"
    line.sendall(struct.pack("!II", 8 + len(words), VERSION) + words)
    first = f"n=,r={base64.b64encode(os.urandom(18)).decode()}"
    while True:
        kind, body = _message(line)
        code = struct.unpack("!I", body[:4])[0] if kind == b"R" else None
        if kind == b"Z":
            return
        if code == SASL:
            answer = b"SCRAM-SHA-256\0" + struct.pack("!I", len(first) + 3) + f"n,,{first}".encode()
            _send(line, b"p", answer)
        elif code == SASL_CONTINUE:
            _send(line, b"p", _proof(password, first, body[4:].decode()))
        elif code not in (None, OK, SASL_FINAL):
            raise Refused(f"the server asks for a way to sign in that is not SCRAM: {code}")


def _proof(password: str, first: str, challenge: str) -> bytes:
    facts = dict(part.split("=", 1) for part in challenge.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(facts["s"]), int(facts["i"]))
    key = hmac.digest(salted, b"Client Key", "sha256")
    last = f"c=biws,r={facts['r']}"
    signature = hmac.digest(hashlib.sha256(key).digest(), f"{first},{challenge},{last}".encode(), "sha256")
    proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
    return f"{last},p={base64.b64encode(proof).decode()}".encode()


def _ask(line: socket.socket, query: str) -> list[list[str | None]]:
    _send(line, b"Q", query.encode() + b"\0")
    rows: list[list[str | None]] = []
    while True:
        kind, body = _message(line)
        if kind == b"Z":
            return rows
        if kind == b"D":
            rows.append(_fields(body))


def _fields(body: bytes) -> list[str | None]:
    found: list[str | None] = []
    place = 2
    for _ in range(struct.unpack("!H", body[:2])[0]):
        (length,) = struct.unpack("!i", body[place : place + 4])
        place += 4
        found.append(None if length < 0 else body[place : place + length].decode())
        place += max(length, 0)
    return found


def _send(line: socket.socket, kind: bytes, body: bytes) -> None:
    line.sendall(kind + struct.pack("!I", 4 + len(body)) + body)


def _message(line: socket.socket) -> tuple[bytes, bytes]:
    kind, length = struct.unpack("!cI", _exactly(line, 5))
    body = _exactly(line, length - 4)
    if kind == b"E":
        fields = dict((part[:1], part[1:]) for part in body.rstrip(b"\0").split(b"\0"))
        raise Refused(f"{fields.get(b'C', b'').decode()} {fields.get(b'M', b'').decode()}")
    return kind, body


def _exactly(line: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        part = line.recv(count - len(found))
        if not part:
            raise Refused("the server closed the connection")
        found += part
    return found
