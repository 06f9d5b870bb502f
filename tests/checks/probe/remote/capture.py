"""Record the frames that carry this run's random values, on one interface or on all of a network namespace."""

import itertools
import select
import socket
import struct
import threading
import time

from tests.checks.probe.remote import packet

SOL_PACKET, PACKET_STATISTICS, PACKET_AUXDATA, ETH_P_ALL = 263, 6, 8, 3
SO_RCVBUFFORCE = 33
ROOM = 32 << 20
"""Octets of frames that wait to be read. The kernel allows everybody 208 KiB (net.core.rmem_max), which are full while
a reader on a busy machine waits for its turn."""
WAYS = ("to us", "broadcast", "multicast", "to others", "outgoing")
STATUS_VLAN_VALID = 0x10
_numbers = itertools.count(1)
_running: dict[int, "_Capture"] = {}


class _Capture(threading.Thread):
    def __init__(self, *, interfaces: list[str], words: list[bytes], ports: set[int], sources: set[str]) -> None:
        super().__init__(daemon=True)
        self.words, self.ports, self.sources = words, ports, sources
        self.seen: list[dict[str, object]] = []
        self.sockets = [_open(interface) for interface in interfaces or [""]]
        self.stopped, self.deadline = False, 0.0
        self.lost = 0

    def run(self) -> None:
        while True:
            ready = select.select(self.sockets, [], [], 0.1)[0]
            if self.stopped and (not ready or time.monotonic() > self.deadline):
                break  # what was on its way when the recording was ended is still taken
            for one in ready:
                self._take(one)
        for one in self.sockets:
            self.lost += struct.unpack("II", one.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
            one.close()

    def _take(self, ready: socket.socket) -> None:
        frame, ancillary, _, address = ready.recvmsg(65535, 256)
        found = packet.read(frame)
        words = [word for word in self.words if word in frame]
        opening = found.get("opening") and found["dport"] in self.ports
        if words or opening or found.get("source") in self.sources:
            found |= {"interface": address[0], "way": WAYS[address[2]], "at": time.time()}
            found |= {"words": [word.decode() for word in words]}
            found["tags"] = [*_stripped_tag(ancillary), *found["tags"]]  # type: ignore[misc]
            self.seen.append(found)


def _open(interface: str) -> socket.socket:
    one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # hears nothing until it is bound to its interface
    one.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    try:
        one.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
    except PermissionError:  # root of an unprivileged guest has what the kernel allows everybody
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
    one.bind((interface, ETH_P_ALL))
    return one


def _stripped_tag(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    """The kernel takes the outer 802.1Q tag off before a packet socket sees the frame (packet(7), tpacket_auxdata)."""
    for level, kind, content in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA and len(content) >= 20:
            status, *_, tag, _ = struct.unpack_from("IIIHHHH", content)
            if status & STATUS_VLAN_VALID:
                return [tag & 0x0FFF]
    return []


def start(
    *,
    interfaces: list[str] | None = None,
    words: list[str] | None = None,
    ports: list[int] | None = None,
    sources: list[str] | None = None,
) -> int:
    """Begin to record frames that contain one of `words`, ask for a TCP connection to one of `ports`, which carries
    no word, or come from one of `sources`.

    `interfaces` are those to record on; none means all of the namespace.
    """
    number = next(_numbers)
    _running[number] = _Capture(
        interfaces=interfaces or [],
        words=[word.encode() for word in words or []],
        ports=set(ports or []),
        sources=set(sources or []),
    )
    _running[number].start()
    return number


def wait(*, number: int, word: str, seconds: float) -> bool:
    """Tell whether a frame with this word is recorded within the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if any(word in one["words"] for one in _running[number].seen):  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def stop(*, number: int) -> list[dict[str, object]]:
    """End a recording and return what it holds; OSError where the kernel dropped frames that it should have held."""
    capture = _running.pop(number)
    capture.deadline = time.monotonic() + 10
    capture.stopped = True
    capture.join()
    if capture.lost:
        raise OSError(f"the capture lost {capture.lost} frames: what it did not see says nothing")
    return capture.seen
