"""Make the same requests again and again in the background, and count what is lost.

A request is for a service: it is lost where none of the targets that stand in for each other answers in time.
"""

import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from tests.checks.probe.remote import sender

_Told = list[dict[str, object]]
_running: dict[str, list["_Steady"]] = {}
_PATIENCE_S, _AGAIN_S = 5.0, (1.0, 3.0)
"""A request whose first two packets went astray is late, not lost: TCP sends again after 1 and after 3 s (RFC 6298),
and an echo request is sent again as often. Who gets no page asks once more.
"""
_PACKETS_S = 2.0
"""Between two calls of a workplace to the same host. Samba has room for ten calls that wait to be taken: six workplaces
that called twice a second filled it in less than a second, and others found dc1 silent.
"""
_LOOKS_S = 12.0
"""Between two looks of a workplace at the same page: six workplaces see each page every other second. Twice as often
they take 0.6 of two cores from what a newcomer has to pass meanwhile, so 0.35 (measured on a lab that does nothing
else: the desk's pages and the directory's handshakes most of it). 10 s without a page are seen all the same.
"""


class _Steady(threading.Thread):
    def __init__(self, *, ask: Callable[[float], _Told], interval: float) -> None:
        super().__init__(daemon=True)
        self.ask, self.interval = ask, interval
        self.sent = 0
        self.slowest = 0.0
        self.lost: _Told = []
        self.missed: _Told = []
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            begun = time.time()
            told = self.ask(begun)
            answered = [one for one in told if one["result"] == sender.ANSWERED]
            self.sent += len(told)
            self.slowest = max([self.slowest, *(float(str(one["seconds"])) for one in answered)])
            served = {one["service"] for one in answered}
            for one in told:
                if one["result"] != sender.ANSWERED:
                    (self.missed if one["service"] in served else self.lost).append({**one, "at": begun})
            self.ended.wait(max(0.0, begun + self.interval - time.time()))


def start(
    *,
    name: str,
    targets: list[dict[str, object]],
    interval: float = _PACKETS_S,
    looks: Iterable[dict[str, object]] = (),
    looks_interval: float = _LOOKS_S,
) -> None:
    """Begin to request every target, every `interval` seconds; targets of one `service` stand in for each other.

    `looks` are tried by the exporter at `port` here, which judges the answer: `name`, `module`, `target`, `service`.
    """

    def packets(begun: float) -> _Told:
        return sender.burst(targets=targets, word=f"steady-{begun}", seconds=_PATIENCE_S, again=_AGAIN_S)

    _running[name] = [_Steady(ask=packets, interval=interval)]
    if every := list(looks):

        def looked(_: float) -> _Told:
            with ThreadPoolExecutor(len(every)) as together:
                return list(together.map(_look, every))

        _running[name].append(_Steady(ask=looked, interval=looks_interval))
    for one in _running[name]:
        one.start()


def _look(look: dict[str, object]) -> dict[str, object]:
    begun = time.monotonic()
    if (result := _looked(look)) != sender.ANSWERED:
        time.sleep(_AGAIN_S[0])
        result = _looked(look)
    took = round(time.monotonic() - begun, 4)
    return {**look, "address": look["target"], "protocol": look["module"], "result": result, "seconds": took}


def _looked(look: dict[str, object]) -> str:
    words = urllib.parse.urlencode({"module": look["module"], "target": look["target"]})
    try:
        with _DIRECTLY.open(f"http://127.0.0.1:{look['port']}/probe?{words}", timeout=2 * _PATIENCE_S) as answer:
            return sender.ANSWERED if "\nprobe_success 1" in answer.read().decode() else "no answer as it shall be"
    except OSError as error:
        return str(error)


_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def lost(*, name: str) -> _Told:
    """Return each request that was lost until now; the sending goes on."""
    return [lost for one in _running[name] for lost in one.lost]


def stop(*, name: str) -> dict[str, object]:
    """End it; return how many requests were `sent`, the `slowest` answer in seconds, and each one that was `lost`.

    `missed` are those that one host did not answer, and another of the service did.
    """
    every = _running.pop(name)
    for one in every:
        one.ended.set()
    for one in every:
        one.join(timeout=3 * _PATIENCE_S)
    return {
        "sent": sum(one.sent for one in every),
        "slowest": max(one.slowest for one in every),
        "lost": [lost for one in every for lost in one.lost],
        "missed": [missed for one in every for missed in one.missed],
    }
