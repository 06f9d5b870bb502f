"""What counts as lost while somebody else joins: only what no host of a service answered."""

import http.server
import socketserver
import threading
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tests.checks.probe.remote import sender, steady


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "_AGAIN_S", (0.01, 0.03))
    monkeypatch.setattr(steady, "_PATIENCE_S", 0.5)


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


def told(name: str, ports: list[int], looks: Sequence[dict[str, object]] = ()) -> dict[str, Any]:
    """What was sent and lost once every port had been asked a few times as one service."""
    targets = [{"address": "127.0.0.1", "protocol": "tcp", "port": port, "service": "directory"} for port in ports]
    steady.start(name=name, targets=targets, interval=0.01, looks=looks, looks_interval=0.01)
    deadline = time.monotonic() + 10
    while any(one.sent < 3 * len(ports) for one in steady._running[name]) and time.monotonic() < deadline:
        time.sleep(0.01)
    return steady.stop(name=name)


@pytest.mark.parametrize(("dead", "lost", "missed"), [(0, False, False), (1, False, True), (2, True, False)])
def test_a_request_is_lost_where_no_host_of_the_service_answers(dead: int, lost: bool, missed: bool) -> None:
    with listening() as one, listening() as other:
        ports = [closed() if number < dead else port for number, port in enumerate((one, other))]
        found = told(f"dead-{dead}", ports)
    assert found["sent"] >= 6
    assert (bool(found["lost"]), bool(found["missed"])) == (lost, missed)


class Exporter(http.server.BaseHTTPRequestHandler):
    """Says that what is asked for by the module `well` is well."""

    def do_GET(self) -> None:
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        success = int(asked["module"] == ["well"] and asked["target"] == ["https://desk.example/?a=b"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"# HELP\nprobe_success {success}\n".encode())

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


@pytest.mark.parametrize(("module", "lost"), [("well", False), ("wrong", True)])
def test_a_look_is_lost_where_the_exporter_says_so(module: str, lost: bool) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exporter) as server, listening() as port:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        look = {"name": "page", "service": "page", "module": module, "target": "https://desk.example/?a=b"}
        found = told(f"look-{module}", [port], looks=[{**look, "port": server.server_address[1]}])
        server.shutdown()
    assert [one["target"] for one in found["lost"]] == ["https://desk.example/?a=b"] * lost * len(found["lost"])
    assert bool(found["lost"]) is lost


def test_a_look_without_an_exporter_is_lost() -> None:
    look = {"name": "page", "service": "page", "module": "well", "target": "", "port": closed()}
    with listening() as port:
        assert told("no-exporter", [port], looks=[look])["lost"]


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
