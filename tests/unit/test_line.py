"""A transfer as the checks measure it: a server that stays silent is asked again, as apt does."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.checks.probe.remote.line import fetch

ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nindex"


@contextmanager
def serving(*answers: bytes) -> Iterator[str]:
    """A web server whose connections get these answers in turn; an empty one stays silent."""
    kept: list[socket.socket] = []

    def serve() -> None:
        for answer in answers:
            kept.append(listener.accept()[0])
            kept[-1].recv(4096)
            if answer:
                kept[-1].sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/index"
        thread.join()
        for one in kept:
            one.close()


def test_who_is_silent_once_is_asked_again() -> None:
    with serving(b"", ANSWER) as url:
        assert fetch(url=url, silence=0.3)["octets"] == 5


def test_who_stays_silent_is_no_measurement() -> None:
    with serving(b"", b"", b"") as url, pytest.raises(OSError, match="timed out"):
        fetch(url=url, silence=0.3)


def test_a_refusal_is_told_at_once() -> None:
    with serving(b"HTTP/1.0 404 Not Found\r\n\r\n") as url, pytest.raises(OSError, match="404"):
        fetch(url=url)
