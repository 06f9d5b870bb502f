"""Measure a line: round trips, loss, the routers on the way, throughput."""

import contextlib
import os
import select
import socket
import struct
import time
import urllib.request

from tests.checks.probe.remote import sender

SO_TIMESTAMPNS, STAMP = 35, struct.Struct("@qq")
"""The kernel's time of arrival, as seconds and nanoseconds (linux/asm-generic/socket.h, socket(7))."""


def echoes(
    *, addresses: list[str], word: str, count: int = 100, interval: float = 0.01, patience: float = 1.0
) -> dict[str, dict[str, float]]:
    """Send numbered echo requests to all addresses in turn.

    An answer counts as back when the kernel has it: on a busy machine this program is woken for it much later.
    Returns for each `sent`, `received` and `median` round trip in ms (-1 where none returned).
    """
    lines = [_Line(address, word.encode()) for address in addresses]
    following, rounds = time.monotonic(), 0
    end = following + count * interval + patience
    while (now := time.monotonic()) < end and any(len(line.trips) < count for line in lines):
        if rounds < count and now >= following:
            for line in lines:
                line.send(rounds)
            rounds, following = rounds + 1, following + interval
        for ready in select.select(lines, [], [], max(0.0, following - now) if rounds < count else interval)[0]:
            ready.take()
    while came := select.select(lines, [], [], 0)[0]:  # in time, and not looked at yet
        for ready in came:
            ready.take()
    for line in lines:
        line.call.close()
    return {line.address: line.told() for line in lines}


class _Line:
    def __init__(self, address: str, word: bytes) -> None:
        self.address, self.word, self.family = address, word, 6 if ":" in address else 4
        kind, number, _, self.reply = sender.ECHO[self.family]
        self.call = socket.socket(kind, socket.SOCK_RAW, number)
        self.call.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        with contextlib.suppress(OSError):  # no route now: all are lost
            self.call.connect((address, 0))  # the others' answers do not fill this one's room
        self.begun: dict[int, float] = {}
        self.trips: dict[int, float] = {}

    def fileno(self) -> int:
        return self.call.fileno()

    def send(self, sequence: int) -> None:
        self.begun[sequence] = time.time()  # the clock of the kernel's stamps
        with contextlib.suppress(OSError):  # lost like any other
            self.call.send(sender.echo_request(self.family, self.word, sequence=sequence))

    def take(self) -> None:
        content, told, _, peer = self.call.recvmsg(2048, socket.CMSG_SPACE(STAMP.size))
        stamps = [STAMP.unpack(one) for _, _, one in told]
        back = stamps[0][0] + stamps[0][1] / 1e9 if stamps else time.time()
        body = content[(content[0] & 15) * 4 :] if self.family == 4 else content
        if peer[0] == self.address and body[0] == self.reply and self.word in body:
            sequence = int.from_bytes(body[6:8], "big")
            self.trips.setdefault(sequence, back - self.begun[sequence])

    def told(self) -> dict[str, float]:
        ordered = sorted(self.trips.values())
        median = round(ordered[len(ordered) // 2] * 1000, 3) if ordered else -1.0
        return {"sent": float(len(self.begun)), "received": float(len(ordered)), "median": median}


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


def fetch(*, url: str, proxy: str | None = None, most: int = 32 << 20, silence: float = 15.0) -> dict[str, float]:
    """Download at most that many octets; return `octets` and `seconds` from the first to the last octet.

    A server that stays silent for so long is asked again, three times in all, as apt does.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy} if proxy else {}))
    for left in (2, 1, 0):
        try:
            with opener.open(url, timeout=silence) as answer:
                octets = len(answer.read(65536))
                begun = time.monotonic()
                while octets < most and (part := answer.read(262144)):
                    octets += len(part)
                break
        except OSError as error:
            if not left or not isinstance(getattr(error, "reason", error), TimeoutError):
                raise
    return {"octets": float(octets), "seconds": max(time.monotonic() - begun, 1e-6)}
