"""Make the same requests again and again in the background, and count what is lost.

A request is for a service: it is lost where none of the targets that stand in for each other answers in time.
"""

import threading
import time

from tests.checks.probe.remote import sender

_running: dict[str, "_Steady"] = {}
_PATIENCE_S, _AGAIN_S = 5.0, (1.0, 3.0)
"""A request whose first two packets went astray is late, not lost: TCP sends again after 1 and after 3 s (RFC 6298),
and an echo request is sent again as often.
"""


class _Steady(threading.Thread):
    def __init__(self, *, targets: list[dict[str, object]], interval: float) -> None:
        super().__init__(daemon=True)
        self.targets, self.interval = targets, interval
        self.sent = 0
        self.slowest = 0.0
        self.lost: list[dict[str, object]] = []
        self.missed: list[dict[str, object]] = []
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            begun = time.time()
            told = sender.burst(targets=self.targets, word=f"steady-{begun}", seconds=_PATIENCE_S, again=_AGAIN_S)
            answered = [one for one in told if one["result"] == sender.ANSWERED]
            self.sent += len(told)
            self.slowest = max([self.slowest, *(float(str(one["seconds"])) for one in answered)])
            served = {one["service"] for one in answered}
            for one in told:
                if one["result"] != sender.ANSWERED:
                    (self.missed if one["service"] in served else self.lost).append({**one, "at": begun})
            self.ended.wait(max(0.0, begun + self.interval - time.time()))


def start(*, name: str, targets: list[dict[str, object]], interval: float = 0.5) -> None:
    """Begin to request every target, every `interval` seconds; targets of one `service` stand in for each other."""
    _running[name] = _Steady(targets=targets, interval=interval)
    _running[name].start()


def lost(*, name: str) -> list[dict[str, object]]:
    """Return each request that was lost until now; the sending goes on."""
    return list(_running[name].lost)


def stop(*, name: str) -> dict[str, object]:
    """End it; return how many requests were `sent`, the `slowest` answer in seconds, and each one that was `lost`.

    `missed` are those that one host did not answer, and another of the service did.
    """
    steady = _running.pop(name)
    steady.ended.set()
    steady.join(timeout=10)
    return {"sent": steady.sent, "slowest": steady.slowest, "lost": steady.lost, "missed": steady.missed}
