"""Traffic between guests: programs that run inside them, and what came of it."""

import json
from collections.abc import Sequence

from pvelab.runtime.machine import Machine

SERVER = """
import socket, sys, threading
def tcp(port):
    s = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        c, peer = s.accept(); c.sendall(peer[0].encode()); c.close()
def udp(port):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(("::", port))
    while True:
        word, peer = s.recvfrom(99); s.sendto(peer[0].encode(), peer)
for port in map(int, sys.argv[1:]):
    for work in (tcp, udp): threading.Thread(target=work, args=(port,)).start()
open("/run/listening", "w").close()
"""

CLIENT = """
import json, socket, sys
def ask(kind, address, port):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET,
                      socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    s.settimeout(0.7)
    try:
        s.connect((address, port))
        if kind == "udp": s.send(b"?")
        return s.recv(99).decode().removeprefix("::ffff:")
    except ConnectionRefusedError: return "refused"
    except TimeoutError: return "silence"
    except OSError as error: return error.strerror
print(json.dumps([ask(*question) for question in json.loads(sys.argv[1])]))
"""

Question = tuple[str, str, int]


def listen(machine: Machine, vmid: int, *ports: int) -> None:
    """Have a guest answer on TCP and UDP ports with the address it was asked from."""
    words = ["systemd-run", "--quiet", "python3", "-c", SERVER, *(str(port) for port in ports)]
    must(machine, vmid, *words)
    must(machine, vmid, "sh", "-c", "for _ in $(seq 100); do test -e /run/listening && exit; sleep 0.05; done; exit 1")


def ask(machine: Machine, vmid: int, *questions: Question) -> list[str]:
    """Ask from inside a guest: the address the other side saw, `refused`, `silence`, or the system's error."""
    answers: list[str] = json.loads(must(machine, vmid, "python3", "-c", CLIENT, json.dumps(questions)))
    return answers


def must(machine: Machine, vmid: int, *argv: str) -> str:
    """Run a command inside a guest; it has to succeed. Its output."""
    status, output, errors = machine.execute(vmid, argv)
    assert status == 0, f"{argv[0]} in CT {vmid}: {errors or output}"
    return output


def everything(addresses: Sequence[str], port: int) -> list[Question]:
    """TCP and UDP to one port of each address."""
    return [(kind, address, port) for address in addresses for kind in ("tcp", "udp")]
