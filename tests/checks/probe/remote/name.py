"""Ask a name server and a clock, in their own protocols."""

import random
import socket
import struct
import time

NTP_EPOCH = 2208988800


def lookup(*, server: str, name: str, kind: int = 1, patience: float = 2.0) -> dict[str, object]:
    """Ask one server for a name by UDP, twice as resolvers do; `code` is -1 where it stays silent."""
    number = random.randrange(65536)
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    question = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)
    begun = time.monotonic()
    with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as call:
        call.settimeout(patience / 2)
        call.connect((server, 53))
        for _ in range(2):
            try:
                call.send(question)
                answer = call.recv(4096)
            except OSError:
                continue
            same, flags, _, answers = struct.unpack_from("!HHHH", answer)
            # The question stands in the answer, so an answer to something else is not taken for this one.
            if same == number and flags & 0x8000 and labels.lower() in answer.lower():
                took = round(time.monotonic() - begun, 4)
                return {"code": flags & 15, "answers": answers, "authoritative": bool(flags & 0x0400), "seconds": took}
    return {"code": -1, "answers": 0, "authoritative": False, "seconds": round(time.monotonic() - begun, 4)}


def clock(*, server: str, patience: float = 2.0) -> float:
    """Return how many seconds the server's clock is ahead of this one; TimeoutError where it does not answer thrice."""
    with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as call:
        call.settimeout(patience / 3)
        call.connect((server, 123))
        for _ in range(3):
            begun = time.time()
            call.send(b"\x23" + bytes(47))
            try:
                answer = call.recv(512)
            except TimeoutError:
                continue
            seconds, fraction = struct.unpack_from("!II", answer, 40)
            return float(seconds - NTP_EPOCH + fraction / 2**32 - (begun + time.time()) / 2)
    raise TimeoutError(f"the clock at {server} is silent")
