"""Ask an address whether a directory answers there: LDAP by TCP and UDP, with a bind, and Kerberos."""

import random
import socket
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.checks.probe.remote import ber

LDAP, LDAPS, KERBEROS, GLOBAL_CATALOGUE = 389, 636, 88, 3268
ATTRIBUTES = ("defaultNamingContext", "namingContexts", "dnsHostName")
BOUND, ENTRY = 0x61, 0x64
KERBEROS_ANSWERS = (0x6B, 0x7E)


def ask(*, addresses: list[str], realm: str, patience: float = 2.0) -> dict[str, dict[str, object]]:
    """Return, of the addresses at which a directory answers, `protocols` and the `names` it gives itself."""
    with ThreadPoolExecutor(16) as together:
        told = together.map(lambda one: _ask(one, realm=realm, patience=patience), addresses)
        return {address: answer for address, answer in zip(addresses, told, strict=True) if answer["protocols"]}


def _ask(address: str, *, realm: str, patience: float) -> dict[str, object]:
    names: set[str] = set()
    questions: dict[str, Callable[[], bool]] = {
        "ldap/tcp": lambda: _ldap(address, LDAP, names, patience),
        "ldap/udp": lambda: _cldap(address, names, patience),
        "gc/tcp": lambda: _ldap(address, GLOBAL_CATALOGUE, names, patience),
        "ldaps/tcp": lambda: _opens(address, LDAPS, patience),
        "kerberos/tcp": lambda: _kerberos(address, realm, patience),
    }
    with ThreadPoolExecutor(len(questions)) as together:
        answers = together.map(_answered, questions.values())
        protocols = [protocol for protocol, answer in zip(questions, answers, strict=True) if answer]
    return {"protocols": protocols, "names": sorted(names)}


def _answered(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except (OSError, struct.error):
        return False


def _ldap(address: str, port: int, names: set[str], patience: float) -> bool:
    """Bind as nobody and ask for what stands at the root."""
    with socket.create_connection((address, port), timeout=patience) as call:
        call.sendall(ber.wrap(0x30, ber.number(1), ber.wrap(0x60, ber.number(3), ber.text(""), ber.text("", 0x80))))
        bound = BOUND in _operations(call.recv(4096))
        call.sendall(_search(2))
        return _read(call.recv(65535), names) or bound


def _cldap(address: str, names: set[str], patience: float) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as call:
        call.settimeout(patience)
        call.connect((address, LDAP))
        call.send(_search(1))
        return _read(call.recv(65535), names)


def _search(message: int) -> bytes:
    """Return a search of the root DSE (RFC 4511 4.5.1)."""
    wanted = ber.wrap(0x30, *(ber.text(one) for one in ATTRIBUTES))
    limits = [ber.number(0, 0x0A), ber.number(0, 0x0A), ber.number(0), ber.number(5), ber.wrap(0x01, b"\0")]
    return ber.wrap(
        0x30, ber.number(message), ber.wrap(0x63, ber.text(""), *limits, ber.text("objectClass", 0x87), wanted)
    )


def _operations(content: bytes) -> list[int]:
    return [tag for outer, message in ber.elements(content) if outer == 0x30 for tag, _ in ber.elements(message)]


def _read(content: bytes, names: set[str]) -> bool:
    """Collect the values of the answer; True where it is an answer to a search."""
    for outer, message in ber.elements(content):
        for tag, entry in ber.elements(message) if outer == 0x30 else ():
            if tag == ENTRY:
                names.update(_values(entry))
    return any(tag in (ENTRY, 0x65) for tag in _operations(content))


def _values(entry: bytes) -> list[str]:
    _, (_, attributes) = list(ber.elements(entry))
    found = []
    for _, attribute in ber.elements(attributes):
        _, (_, values) = list(ber.elements(attribute))
        found += [value.decode(errors="replace") for _, value in ber.elements(values)]
    return found


def _opens(address: str, port: int, patience: float) -> bool:
    with socket.create_connection((address, port), timeout=patience):
        return True


def _kerberos(address: str, realm: str, patience: float) -> bool:
    """Ask for a ticket of nobody's (RFC 4120 5.4.1): whatever comes back, an answer or a refusal, a KDC gave it."""
    service = ber.wrap(0x30, ber.text("krbtgt", 0x1B), ber.text(realm, 0x1B))
    nobody = ber.wrap(0x30, ber.text("nobody", 0x1B))
    body = ber.wrap(
        0x30,
        ber.wrap(0xA0, ber.wrap(0x03, bytes(5))),
        ber.wrap(0xA1, ber.wrap(0x30, ber.wrap(0xA0, ber.number(1)), ber.wrap(0xA1, nobody))),
        ber.wrap(0xA2, ber.text(realm, 0x1B)),
        ber.wrap(0xA3, ber.wrap(0x30, ber.wrap(0xA0, ber.number(2)), ber.wrap(0xA1, service))),
        ber.wrap(0xA5, ber.text("20370913024805Z", 0x18)),
        ber.wrap(0xA7, ber.number(random.randrange(1, 2**31))),
        ber.wrap(0xA8, ber.wrap(0x30, ber.number(18))),
    )
    request = ber.wrap(
        0x6A, ber.wrap(0x30, ber.wrap(0xA1, ber.number(5)), ber.wrap(0xA2, ber.number(10)), ber.wrap(0xA4, body))
    )
    with socket.create_connection((address, KERBEROS), timeout=patience) as call:
        call.sendall(struct.pack("!I", len(request)) + request)
        answer = call.recv(4096)
    return len(answer) > 4 and answer[4] in KERBEROS_ANSWERS
