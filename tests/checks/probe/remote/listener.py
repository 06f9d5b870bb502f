"""Listen on random TCP and UDP ports of both families, answer with what was said, and remember who called."""

import contextlib
import socket
import threading
import time

_heard: list[dict[str, object]] = []
_open: list[socket.socket] = []


def open_ports() -> dict[str, int]:
    """Open one random TCP and one random UDP port on every address; return them."""
    return {"tcp": _listen(0, socket.SOCK_STREAM), "udp": _listen(0, socket.SOCK_DGRAM)}


def open_at(*, port: int) -> None:
    """Open one TCP and one UDP port of this number."""
    _listen(port, socket.SOCK_STREAM)
    _listen(port, socket.SOCK_DGRAM)


def heard() -> list[dict[str, object]]:
    """Return who reached a listener so far: protocol, peer, words, time."""
    return list(_heard)


def close() -> int:
    """Close every listener; return how many there were."""
    count = len(_open)
    while _open:
        one = _open.pop()
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits on it; a closed socket alone lives on in there
        one.close()
    _heard.clear()
    return count


def _listen(port: int, kind: socket.SocketKind) -> int:
    one = socket.socket(socket.AF_INET6, kind)
    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("::", port))
    _open.append(one)
    if kind is socket.SOCK_STREAM:
        one.listen(64)
    threading.Thread(target=_accept if kind is socket.SOCK_STREAM else _receive, args=(one,), daemon=True).start()
    return int(one.getsockname()[1])


def _note(protocol: str, peer: str, content: bytes) -> None:
    words = content.decode(errors="replace")
    _heard.append({"protocol": protocol, "peer": peer.removeprefix("::ffff:"), "words": words, "at": time.time()})


def _accept(listener: socket.socket) -> None:
    while listener.fileno() >= 0:
        try:
            call, peer = listener.accept()
        except OSError:
            return
        _note("tcp", peer[0], b"")
        threading.Thread(target=_answer, args=(call, peer[0]), daemon=True).start()


def _answer(call: socket.socket, peer: str) -> None:
    with call:
        call.settimeout(5)
        try:
            content = call.recv(2048)
            _note("tcp", peer, content)
            call.sendall(content)
        except OSError:
            return


def _receive(listener: socket.socket) -> None:
    while listener.fileno() >= 0:
        try:
            content, peer = listener.recvfrom(2048)
            _note("udp", peer[0], content)
            listener.sendto(content, peer)
        except OSError:
            return
