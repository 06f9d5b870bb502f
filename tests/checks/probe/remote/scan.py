"""Knock at every TCP port of an address with raw SYN packets, as a stranger with a scanner would."""

import contextlib
import errno
import random
import select
import socket
import struct
import time

from tests.checks.probe.remote import sender

PORTS = range(1, 65536)
BATCH = 512
SEGMENT = struct.Struct("!HHIIBBHHH")
SYN_ACK, RST = 0x12, 0x04
IPV6_CHECKSUM = 7
REFUSED_ON_THE_WAY = {errno.EPERM, errno.EACCES, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ECONNREFUSED}


def ports(*, targets: list[str], source: dict[str, str], seconds: float = 1.5) -> dict[str, dict[str, object]]:
    """Return of each target what answered: `open` ports, and how many `refused`; silence is the rest.

    `source` holds the sender's address for "4" and "6". The kernel resets what opens.
    """
    with contextlib.ExitStack() as stack:
        sweeps = [stack.enter_context(_Sweep(one, source["6" if ":" in one else "4"])) for one in targets]
        for sweep in sweeps:
            sweep.knock()
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for ready in select.select([sweep.raw for sweep in sweeps], [], [], left)[0]:
                next(sweep for sweep in sweeps if sweep.raw is ready).collect()
    return {one.address: {"open": sorted(one.open), "refused": len(one.refused)} for one in sweeps}


class _Sweep:
    def __init__(self, address: str, source: str) -> None:
        self.address, self.six = address, ":" in address
        self.own = random.randrange(20000, 60000)
        self.open: set[int] = set()
        self.refused: set[int] = set()
        family = socket.AF_INET6 if self.six else socket.AF_INET
        self.raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP)
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.raw.bind((source, 0))
        if self.six:
            self.raw.setsockopt(socket.IPPROTO_IPV6, IPV6_CHECKSUM, 16)  # the kernel fills it, at this offset
        self.base = 0 if self.six else _sum(address, source, self.own)
        self.reachable = True
        try:
            self.raw.connect((address, 0))
        except OSError:
            self.reachable = False  # no route: nothing can be sent, which is as good as silence

    def __enter__(self) -> "_Sweep":
        return self

    def __exit__(self, *_: object) -> None:
        self.raw.close()

    def knock(self) -> None:
        """Send a SYN to every port, in random order, and take answers in between."""
        for count, port in enumerate(random.sample(PORTS, len(PORTS)) if self.reachable else ()):
            total = self.base + port
            check = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF if self.base else 0
            self._send(SEGMENT.pack(self.own, port, 1, 0, 0x50, 0x02, 1024, check, 0))
            if count % BATCH == 0:
                self.collect()

    def _send(self, segment: bytes) -> None:
        while True:
            try:
                self.raw.send(segment)
            except OSError as error:
                if error.errno == errno.ENOBUFS:  # the link's queue is full; it drains by itself
                    select.select([], [], [], 0.005)
                    continue
                if error.errno not in REFUSED_ON_THE_WAY:
                    raise
            return

    def collect(self) -> None:
        """Take the answers that have come."""
        while True:
            try:
                content, peer = self.raw.recvfrom(2048, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error of an earlier packet
            segment = content if self.six else content[(content[0] & 15) * 4 :]
            sport, dport = struct.unpack_from("!HH", segment)
            if peer[0].partition("%")[0] != self.address or dport != self.own:
                continue
            if segment[13] & SYN_ACK == SYN_ACK:
                self.open.add(sport)
            elif segment[13] & RST:
                self.refused.add(sport)


def _sum(address: str, source: str, own: int) -> int:
    """Checksum material of everything but the target port: one addition per packet instead of a whole sum."""
    ends = socket.inet_aton(source) + socket.inet_aton(address) + struct.pack("!HH", 6, 20)
    return ~sender.checksum(ends + SEGMENT.pack(own, 0, 1, 0, 0x50, 0x02, 1024, 0, 0)) & 0xFFFF
