"""Look for mail hosts, and play an old one that somebody left running."""

import contextlib
import selectors
import socket
import threading

GREETINGS = {25: b"220 old ESMTP\r\n", 143: b"* OK old IMAP4rev1\r\n"}
_open: list[socket.socket] = []


def answering(*, targets: list[dict[str, object]], seconds: float = 3.0) -> list[dict[str, object]]:
    """Return those of the targets (`{"address", "port"}`) that take a connection, all tried at once."""
    found = []
    with selectors.DefaultSelector() as waiting:
        for target in targets:
            family = socket.AF_INET6 if ":" in str(target["address"]) else socket.AF_INET
            call = socket.socket(family, socket.SOCK_STREAM)
            call.setblocking(False)
            with contextlib.suppress(OSError):
                call.connect_ex((str(target["address"]), int(str(target["port"]))))
                waiting.register(call, selectors.EVENT_WRITE, target)
        while ready := waiting.select(seconds):
            for key, _ in ready:
                waiting.unregister(key.fileobj)
                call = key.fileobj  # type: ignore[assignment]
                if call.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                    found.append(key.data)
                call.close()
        for key in list(waiting.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    return sorted(found, key=lambda one: (str(one["address"]), int(str(one["port"]))))


def play() -> None:
    """Greet as a mail host, by SMTP and IMAP, on every address."""
    for port, greeting in GREETINGS.items():
        door = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        _open.append(door)
        threading.Thread(target=_greet, args=(door, greeting), daemon=True).start()


def _greet(door: socket.socket, greeting: bytes) -> None:
    while True:
        call, _ = door.accept()
        with call, contextlib.suppress(OSError):
            call.sendall(greeting)
