"""The guests' only way to Debian packages: a caching proxy that reaches the machine's own mirror and nothing else.

apt-cacher-ng runs in the machine's namespace on a loopback port, one for all labs that share a cache; each open lab
relays from an address inside its namespace to it.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pvelab.runtime import mirror, record
from pvelab.runtime.command import environment
from pvelab.runtime.errors import MachineError
from pvelab.runtime.mirror import Mirror
from pvelab.runtime.model import Log, PackageProxySpec
from pvelab.runtime.namespace import Namespace
from pvelab.runtime.place import Place

START_S = 15
_ARCHIVES = ("http://deb.debian.org/debian/", "http://ftp.debian.org/debian/", "http://httpredir.debian.org/debian/")
_SECURITIES = ("http://security.debian.org/debian-security/", "http://deb.debian.org/debian-security/")
_REGISTER = Path("/run/pvelab/.packages.json")
"""Process id and start time of every proxy we started: how `pvelab gc` knows them, wherever their cache was."""


def settings(machine: Mirror, *, folder: Path, port: int) -> str:
    """apt-cacher-ng's configuration: the generic Debian names lead to the machine's mirror, everything else nowhere."""
    lines = [
        "# Written at every start of the proxy.",
        f"CacheDir: {folder / 'cache'}",
        f"LogDir: {folder / 'log'}",
        f"SocketPath: {folder / 'socket'}",
        "BindAddress: 127.0.0.1",
        f"Port: {port}",
        "ForeGround: 1",
        "ForceManaged: 1",  # as shipped it relays to any host
        f"Remap-archive: {' '.join(_ARCHIVES)} ; {machine.archive}/",
        f"Remap-security: {' '.join(_SECURITIES)} ; {machine.security}/",
        "ExTreshold: 4",
        "VerboseLog: 0",
    ]
    if machine.proxy:
        lines.append(f"Proxy: {machine.proxy}")
    return "\n".join([*lines, ""])


class PackageProxy:
    """The proxy as one lab uses it."""

    def __init__(self, *, place: Place, namespace: Namespace, spec: PackageProxySpec) -> None:
        self.lab, self.folder = place.name, place.cache / "packages"
        self.namespace, self.spec = namespace, spec
        self._relay: _Relay | None = None

    def open(self, log: Log) -> None:
        """Start the proxy or adopt the one that runs. The listener comes with its network: see `listen`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            (self.folder / "users").mkdir(exist_ok=True)
            (self.folder / "users" / self.lab).touch()
            if self._port() is None:
                self._start(mirror.read(), log)

    def listen(self) -> None:
        """Listen inside the lab's namespace, once the desk has the address. Nothing to do when it listens already."""
        if self._relay is None:
            listener = self.namespace.listen(self.spec.address.split("/")[0], self.spec.port)
            self._relay = _Relay(listener, self._port)

    def close(self) -> None:
        """Stop listening, and end the proxy when no other open lab uses it."""
        if self._relay:
            self._relay.close()
            self._relay = None
        if not self.folder.exists():
            return
        with self._locked():
            (self.folder / "users" / self.lab).unlink(missing_ok=True)
            others = [user.name for user in (self.folder / "users").glob("*") if record.is_alive(user.name)]
            if not others and (running := self._running()):
                end(running["pid"])
                (self.folder / "proxy.json").unlink(missing_ok=True)

    def _port(self) -> int | None:
        running = self._running()
        return running["port"] if running else None

    def _running(self) -> dict[str, int] | None:
        try:
            noted: dict[str, int] = json.loads((self.folder / "proxy.json").read_text())
        except (OSError, ValueError):
            return None
        return noted if _started(noted["pid"]) == noted["started"] else None

    def _start(self, machine: Mirror, log: Log) -> None:
        port = _free_port()
        for part in ("conf", "cache", "log"):
            (self.folder / part).mkdir(exist_ok=True)
        (self.folder / "conf/acng.conf").write_text(settings(machine, folder=self.folder, port=port))
        with (self.folder / "log/proxy.out").open("w") as out:
            process = subprocess.Popen(
                ["apt-cacher-ng", "-c", str(self.folder / "conf")],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, env=environment(),
            )  # fmt: skip
        threading.Thread(target=process.wait, daemon=True).start()  # leaves no zombie when it ends before us
        deadline = time.monotonic() + START_S
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                end(process.pid)
                said = (self.folder / "log/proxy.out").read_text(errors="replace").strip().splitlines()
                raise MachineError(f"the package proxy does not start: {said[-1] if said else 'it said nothing'}")
            time.sleep(0.05)
        started = _started(process.pid)
        (self.folder / "proxy.json").write_text(json.dumps({"pid": process.pid, "started": started, "port": port}))
        _register(process.pid, started)
        log(f"package proxy runs as process {process.pid}, its mirror is {machine.archive}")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.folder / ".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


class _Relay:
    """Passes connections from a listener to the proxy's present port, in a thread of its own."""

    def __init__(self, listener: socket.socket, port: Callable[[], int | None]) -> None:
        self._listener, self._find_port = listener, port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="package-relay", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._listener.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._pass, sock=self._listener))
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = self._find_port()
        try:
            if port is not None:
                there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
                await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))
        except OSError:
            pass  # either side went away: so does the other
        finally:
            with contextlib.suppress(RuntimeError):
                writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while block := await reader.read(1 << 16):
            writer.write(block)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.close()


def _free_port() -> int:
    # Below the kernel's range for outgoing connections; apt-cacher-ng 3.7.4 cannot bind a port above 32767 at all.
    for port in random.sample(range(20_000, 30_000), 200):
        with socket.socket() as trial, contextlib.suppress(OSError):
            trial.bind(("127.0.0.1", port))
            return port
    raise MachineError("no free port between 20000 and 29999 on 127.0.0.1 for the package proxy")


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _started(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])
    except (OSError, IndexError):
        return None


def _register(pid: int, started: int | None) -> None:
    _REGISTER.parent.mkdir(parents=True, exist_ok=True)
    _REGISTER.write_text(json.dumps([*_registered(), [pid, started]]))


def _registered() -> list[list[int]]:
    try:
        noted: list[list[int]] = json.loads(_REGISTER.read_text())
    except (OSError, ValueError):
        return []
    return [entry for entry in noted if _started(entry[0]) == entry[1]]


def orphans() -> list[int]:
    """Proxies of ours that run although no lab is open."""
    if any(record.is_alive(name) for name in record.known_labs()):
        return []
    return [pid for pid, _ in _registered()]


def end(pid: int) -> None:
    """End a proxy, hard when it does not within five seconds."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + 5
        while _is_running(pid):
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        else:
            break
    if not _registered():
        _REGISTER.unlink(missing_ok=True)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
