"""Note an acceptance of the user agreement, on the portal's host, as the portal does once a person has accepted it."""

import json
import socket

RECORDER = "/run/samdrift-agreement.sock"


def accept(*, user: str, version: str) -> str:
    """Return what the recorder said; `noted` where it did."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(30)
        line.connect(RECORDER)
        line.sendall(json.dumps({"user": user, "version": version}).encode() + b"\n")
        line.shutdown(socket.SHUT_WR)
        return line.makefile().read().strip()
