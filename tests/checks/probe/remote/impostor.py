"""Answer LDAP as a forgotten directory does. For sabotage only."""

import socket
import threading

from tests.checks.probe.remote import ber


def serve(*, domain: str, port: int = 389) -> None:
    """Answer binds and searches at every address, in a thread, as the directory of `domain` (`old.example`)."""
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    root = ",".join(f"DC={label}" for label in domain.split("."))
    threading.Thread(target=_accept, args=(listener, root), daemon=True).start()


def _accept(listener: socket.socket, root: str) -> None:
    while True:
        call, _ = listener.accept()
        threading.Thread(target=_answer, args=(call, root), daemon=True).start()


def _answer(call: socket.socket, root: str) -> None:
    done = (ber.number(0, 0x0A), ber.text(""), ber.text(""))
    with call:
        while content := call.recv(4096):
            for _, message in ber.elements(content):
                (_, number), (operation, _), *_ = ber.elements(message)
                identity = ber.wrap(0x02, number)
                if operation == 0x60:
                    call.sendall(ber.wrap(0x30, identity, ber.wrap(0x61, *done)))
                elif operation == 0x63:
                    values = ber.wrap(0x31, ber.text(root))
                    entry = ber.wrap(0x30, ber.wrap(0x30, ber.text("namingContexts"), values))
                    call.sendall(ber.wrap(0x30, identity, ber.wrap(0x64, ber.text(""), entry)))
                    call.sendall(ber.wrap(0x30, identity, ber.wrap(0x65, *done)))
