"""One network namespace per lab: its bridges, packet filter and connection tracking, apart from the machine's.

There is no interface between it and the machine. Deleting it takes everything in it along.
"""

import ctypes
import os
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from pvelab.runtime.command import run
from pvelab.runtime.errors import MachineError

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?")
T = TypeVar("T")

SYSCTLS = {
    # The namespace joins no networks: gateways are guests.
    "net.ipv4.ip_forward": "0",
    "net.ipv6.conf.all.forwarding": "0",
    # An address is answered for on the interface that has it. By default a bridge answers too, with a MAC that changes
    # when a port joins or leaves: whoever had learned it sent into the void for half a minute.
    "net.ipv4.conf.all.arp_ignore": "1",
    # Bridged frames pass the inet hooks, where connections are tracked.
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.bridge.bridge-nf-call-ip6tables": "1",
    "net.bridge.bridge-nf-call-arptables": "0",
    "net.ipv6.conf.all.accept_ra": "0",
    "net.ipv6.conf.default.accept_ra": "0",
    "net.ipv6.conf.default.addr_gen_mode": "1",
    # A rejected packet's mark is put on the answer, whose route then comes from a table of its own (see network.py).
    "net.ipv4.fwmark_reflect": "1",
    "net.ipv6.fwmark_reflect": "1",
}


class Namespace:
    """The network namespace of one lab."""

    def __init__(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise MachineError(f"lab name {name!r}: accepted are 1 to 30 of a-z, 0-9 and '-', not at the ends")
        self.name = name
        self.path = Path("/run/netns") / f"pvelab-{name}"

    def is_alive(self) -> bool:
        """Whether the namespace exists; a bare file left by a reboot does not count."""
        try:
            return self.path.stat().st_dev != self.path.parent.stat().st_dev
        except FileNotFoundError:
            return False

    def open(self) -> bool:
        """Make the namespace, or adopt the living one. True when it was made."""
        made = not self.is_alive()
        if made:
            self.path.unlink(missing_ok=True)
            run(["ip", "netns", "add", self.path.name])
        self.run(["ip", "link", "set", "lo", "up"])
        self.call(_write_sysctls)
        return made

    def remove(self) -> None:
        """Delete the namespace. It vanishes with the last process in it."""
        if self.is_alive():
            run(["ip", "netns", "delete", self.path.name])
        self.path.unlink(missing_ok=True)

    def enter(self, argv: Sequence[str | Path]) -> list[str]:
        """The command line that runs `argv` inside. Mounts stay the machine's, so /sys shows the machine's devices."""
        return ["nsenter", f"--net={self.path}", "--", *(str(word) for word in argv)]

    def run(
        self, argv: Sequence[str | Path], *, text: str | None = None, check: bool = True, timeout_s: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a program inside to its end; see `command.run`."""
        return run(self.enter(argv), text=text, check=check, timeout_s=timeout_s)

    def call(self, function: Callable[[], T]) -> T:
        """Call a function in a thread that entered the namespace: sockets it makes stay inside for good."""
        result: list[T] = []
        failure: list[BaseException] = []

        def inside() -> None:
            try:
                _set_network_namespace(self.path)
                result.append(function())
            except BaseException as error:
                failure.append(error)

        thread = threading.Thread(target=inside, name=f"netns-{self.name}")
        thread.start()
        thread.join()
        if failure:
            raise failure[0]
        return result[0]

    def listen(self, address: str, port: int) -> socket.socket:
        """A listening TCP socket inside."""

        def make() -> socket.socket:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            listener = socket.socket(family, socket.SOCK_STREAM)
            try:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((address, port))
                listener.listen(128)
            except OSError:
                listener.close()
                raise
            return listener

        try:
            return self.call(make)
        except OSError as error:
            raise MachineError(f"cannot listen on {address} port {port} inside the lab: {error.strerror}") from error

    def connect(self, address: str, port: int, *, timeout_s: float = 10) -> socket.socket:
        """A TCP connection from inside, as the desk makes it. Raises OSError as `socket.create_connection` does."""
        return self.call(lambda: socket.create_connection((address, port), timeout=timeout_s))


def _set_network_namespace(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if _LIBC.setns(descriptor, _CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"cannot enter {path}: {os.strerror(number)}")
    finally:
        os.close(descriptor)


def _write_sysctls() -> None:
    # /proc/sys/net shows the namespace of the thread that looks.
    for key, value in SYSCTLS.items():
        Path("/proc/sys", *key.split(".")).write_text(value)
