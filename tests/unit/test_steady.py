"""What counts as lost while somebody else joins: only what no host of a service answered."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.checks.probe.remote import sender, steady


@contextmanager
def listening() -> Iterator[int]:
    """A port that takes calls and hangs up."""
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def closed() -> int:
    with listening() as port:
        return port


def told(name: str, ports: list[int]) -> dict[str, Any]:
    """What was sent and lost once every port had been asked a few times as one service."""
    targets = [{"address": "127.0.0.1", "protocol": "tcp", "port": port, "service": "directory"} for port in ports]
    steady.start(name=name, targets=targets, interval=0.01)
    deadline = time.monotonic() + 10
    while steady._running[name].sent < 3 * len(ports) and time.monotonic() < deadline:
        time.sleep(0.01)
    return steady.stop(name=name)


@pytest.mark.parametrize(("dead", "lost", "missed"), [(0, False, False), (1, False, True), (2, True, False)])
def test_a_request_is_lost_where_no_host_of_the_service_answers(dead: int, lost: bool, missed: bool) -> None:
    with listening() as one, listening() as other:
        ports = [closed() if number < dead else port for number, port in enumerate((one, other))]
        found = told(f"dead-{dead}", ports)
    assert found["sent"] >= 6
    assert (bool(found["lost"]), bool(found["missed"])) == (lost, missed)


@pytest.mark.parametrize(("astray", "result"), [(0, sender.ANSWERED), (1, sender.ANSWERED), (2, sender.SILENT)])
def test_an_echo_request_that_went_astray_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, astray: int, result: str
) -> None:
    """As a call of TCP is; one that goes astray as often as it is sent has met nobody."""
    sent, really = [0], sender._Probe._send

    def losing(probe: sender._Probe) -> None:
        sent[0] += 1
        if sent[0] > astray:
            really(probe)

    monkeypatch.setattr(sender._Probe, "_send", losing)
    targets: list[dict[str, object]] = [{"address": "127.0.0.1", "protocol": "icmp", "port": 0}]
    (found,) = sender.burst(targets=targets, word="astray", seconds=0.5, again=(0.1,))
    assert found["result"] == result
    assert sent[0] == (1 if astray == 0 else 2)
