"""Copy bytes between standard input/output and a TCP address: `python -SE relay.py HOST PORT`.

For SSH's ProxyCommand, run inside a lab's network namespace. netcat would do, but leaves Nagle's algorithm on, and each
remote command then waits 45 ms for a delayed acknowledgement. Standard library only, so it starts in 20 ms.
"""

import os
import select
import socket
import sys

BLOCK = 65536


def relay(*, host: str, port: int) -> None:
    """Copy both ways until the far end closes."""
    with socket.create_connection((host, port), timeout=30) as far:
        far.settimeout(None)
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        near: list[int | socket.socket] = [0]
        while True:
            ready, _, _ = select.select([far, *near], [], [])
            if far in ready:
                block = far.recv(BLOCK)
                if not block:
                    return
                while block:
                    block = block[os.write(1, block) :]
            if 0 in ready:
                block = os.read(0, BLOCK)
                if block:
                    far.sendall(block)
                else:
                    far.shutdown(socket.SHUT_WR)
                    near.clear()


if __name__ == "__main__":
    relay(host=sys.argv[1], port=int(sys.argv[2]))
