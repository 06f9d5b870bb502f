"""Measure a line: round trips, loss, the routers on the way, throughput."""

import os
import select
import socket
import time
import urllib.request

from tests.checks.probe.remote import sender


def echoes(
    *, address: str, word: str, count: int = 40, interval: float = 0.02, patience: float = 1.0
) -> dict[str, float]:
    """Send numbered echo requests; return `sent`, `received` and `median` round trip in ms (-1 where none returned)."""
    family = 6 if ":" in address else 4
    kind, number, _, reply = sender.ECHO[family]
    begun: dict[int, float] = {}
    trips: dict[int, float] = {}
    with socket.socket(kind, socket.SOCK_RAW, number) as call:
        end = time.monotonic() + count * interval + patience
        following = time.monotonic()
        while time.monotonic() < end and len(trips) < count:
            if len(begun) < count and time.monotonic() >= following:
                begun[len(begun)] = time.monotonic()
                call.sendto(sender.echo_request(family, word.encode(), sequence=len(begun) - 1), (address, 0))
                following += interval
            ready, _, _ = select.select([call], [], [], interval / 2)
            if ready:
                content, peer = call.recvfrom(2048)
                body = content[(content[0] & 15) * 4 :] if family == 4 else content
                if peer[0] == address and body[0] == reply and word.encode() in body:
                    sequence = int.from_bytes(body[6:8], "big")
                    trips.setdefault(sequence, time.monotonic() - begun[sequence])
    ordered = sorted(trips.values())
    return {
        "sent": float(len(begun)),
        "received": float(len(trips)),
        "median": round(ordered[len(ordered) // 2] * 1000, 3) if ordered else -1.0,
    }


def trace(*, address: str, hops: int = 4, seconds: float = 1.0) -> list[str]:
    """Return the routers on the way, the target last where it answers; `?` for a silent one."""
    family = 6 if ":" in address else 4
    kind, number, _, reply = sender.ECHO[family]
    level, option = ((socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS), (socket.IPPROTO_IP, socket.IP_TTL))[family == 4]
    way: list[str] = []
    for hop in range(1, hops + 1):
        word = f"trace-{os.urandom(4).hex()}".encode()
        with socket.socket(kind, socket.SOCK_RAW, number) as call:
            call.setsockopt(level, option, hop)
            call.sendto(sender.echo_request(family, word), (address, 0))
            peer, arrived = _first(call, family=family, word=word, reply=reply, seconds=seconds)
        way.append(peer)
        if arrived:
            break
    return way


def _first(call: socket.socket, *, family: int, word: bytes, reply: int, seconds: float) -> tuple[str, bool]:
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        call.settimeout(left)
        try:
            content, peer = call.recvfrom(2048)
        except TimeoutError:
            break
        body = content[(content[0] & 15) * 4 :] if family == 4 else content
        expired = 11 if family == 4 else 3
        # An ICMP error quotes at least eight octets of what it is about, mostly more (RFC 4884).
        if body[0] == expired and (word in body or len(body) < 60):
            return peer[0], False
        if body[0] == reply and word in body:
            return peer[0], True
    return "?", False


def fetch(*, url: str, proxy: str | None = None, most: int = 32 << 20, patience: float = 60.0) -> dict[str, float]:
    """Download at most that many octets; return `octets` and `seconds` from the first to the last octet."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy} if proxy else {}))
    with opener.open(url, timeout=patience) as answer:
        octets = len(answer.read(65536))
        begun = time.monotonic()
        while octets < most and (part := answer.read(262144)):
            octets += len(part)
    return {"octets": float(octets), "seconds": max(time.monotonic() - begun, 1e-6)}
