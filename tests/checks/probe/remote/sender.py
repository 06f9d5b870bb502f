"""Send this run's random value to many targets at once and tell of each what came back."""

import contextlib
import os
import select
import socket
import struct
import time

ANSWERED, REFUSED, SILENT, UNREACHABLE = "answered", "refused", "silent", "unreachable"
_REFUSALS = {111: REFUSED, 104: REFUSED}  # ECONNREFUSED, ECONNRESET
PATIENCE_S = 4.0
"""A busy host drops a SYN that its backlog has no room for: TCP sends it again after 1 and 3 s (RFC 6298)."""
ECHO = {4: (socket.AF_INET, socket.IPPROTO_ICMP, 8, 0), 6: (socket.AF_INET6, socket.IPPROTO_ICMPV6, 128, 129)}


def burst(
    *, targets: list[dict[str, object]], word: str, seconds: float = PATIENCE_S, again: tuple[float, ...] = ()
) -> list[dict[str, object]]:
    """Probe every target {address, protocol tcp|udp|icmp, port} in the same second.

    + again: seconds after which an echo request that nobody answered is sent once more, as TCP does by itself

    Returns for each, in order: the target, `result` (answered: a peer took part; refused: reset or ICMP port
    unreachable; unreachable: another ICMP error; silent), `seconds` until then, and `echo` where the word came back.
    """
    waiting: dict[int, _Probe] = {}
    probes = []
    for target in targets:
        probe = _Probe(target, word)
        probes.append(probe)
        if probe.result is None:
            waiting[probe.socket.fileno()] = probe
    begun = time.monotonic()
    deadline, sending = begun + seconds, [begun + one for one in again]
    poll = select.poll()
    for number, probe in waiting.items():
        poll.register(number, probe.mask)
    while waiting and (left := deadline - time.monotonic()) > 0:
        if sending and sending[0] <= time.monotonic():
            sending.pop(0)
            for probe in waiting.values():
                probe.send_again()
        pause = min(left, max(0.0, sending[0] - time.monotonic())) if sending else left
        for number, _ in poll.poll(pause * 1000):
            if waiting[number].step(poll):
                poll.unregister(number)
                del waiting[number]
    for probe in probes:
        probe.socket.close()
    return [probe.told() for probe in probes]


class _Probe:
    def __init__(self, target: dict[str, object], word: str) -> None:
        self.target, self.word = target, word.encode()
        self.result: str | None = None
        self.echo = False
        self.begun, self.took = time.monotonic(), 0.0
        self.family = 6 if ":" in str(target["address"]) else 4
        self.connected = False
        self.socket = self._open()
        self.mask = select.POLLOUT if target["protocol"] == "tcp" else select.POLLIN
        self.socket.setblocking(False)
        try:
            self._send()
        except BlockingIOError:
            pass
        except OSError as error:
            self._end(_REFUSALS.get(error.errno or 0, UNREACHABLE))

    def _open(self) -> socket.socket:
        family, number, *_ = ECHO[self.family]
        kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM, "icmp": socket.SOCK_RAW}
        protocol = str(self.target["protocol"])
        return socket.socket(family, kind[protocol], number if protocol == "icmp" else 0)

    def _send(self) -> None:
        address = str(self.target["address"])
        if self.target["protocol"] == "icmp":
            self.socket.sendto(echo_request(self.family, self.word), (address, 0))
            return
        self.socket.connect((address, int(str(self.target["port"]))))
        if self.target["protocol"] == "udp":
            self.socket.send(self.word)

    def send_again(self) -> None:
        """Ask once more where the kernel does not do so itself; what comes of it is told by what comes back."""
        if self.target["protocol"] == "icmp":
            with contextlib.suppress(OSError):
                self._send()

    def _end(self, result: str) -> bool:
        self.result, self.took = result, time.monotonic() - self.begun
        return True

    def step(self, poll: select.poll) -> bool:
        """Take what happened on the socket; True when this probe is over."""
        if trouble := self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            # A peer that took the call and then hangs up on our word has answered.
            return True if self.connected else self._end(_REFUSALS.get(trouble, UNREACHABLE))
        if self.target["protocol"] == "tcp" and not self.connected:
            self.connected = True
            self._end(ANSWERED)
            self.socket.send(self.word)
            poll.modify(self.socket.fileno(), select.POLLIN)
            return False
        try:
            content, peer = self.socket.recvfrom(65535)
        except OSError as error:
            return self._end(_REFUSALS.get(error.errno or 0, UNREACHABLE)) if not self.connected else True
        if self.target["protocol"] == "icmp" and not self._is_reply(content, peer[0]):
            return False
        self.echo = self.word in content
        return True if self.connected else self._end(ANSWERED)

    def _is_reply(self, content: bytes, peer: str) -> bool:
        body = content[(content[0] & 15) * 4 :] if self.family == 4 else content
        return peer == self.target["address"] and body[0] == ECHO[self.family][3] and self.word in body

    def told(self) -> dict[str, object]:
        return {**self.target, "result": self.result or SILENT, "seconds": round(self.took, 4), "echo": self.echo}


def echo_request(family: int, word: bytes, *, sequence: int = 1) -> bytes:
    """Return an ICMP or ICMPv6 echo request; the kernel fills the checksum of the latter (RFC 3542)."""
    kind = ECHO[family][2]
    identifier = os.getpid() & 0xFFFF
    if family == 6:
        return struct.pack("!BBHHH", kind, 0, 0, identifier, sequence) + word
    bare = struct.pack("!BBHHH", kind, 0, 0, identifier, sequence) + word
    return struct.pack("!BBHHH", kind, 0, checksum(bare), identifier, sequence) + word


def checksum(content: bytes) -> int:
    """Return the Internet checksum (RFC 1071).

    >>> hex(checksum(bytes([0x45, 0, 0, 0x1C])))
    '0xbae3'
    """
    padded = content + b"\0" * (len(content) % 2)
    total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
