"""The life of a lab's daemon: open the machine, restore what was, serve, let go."""

import json
import logging
import os
import secrets
import signal
import sys
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pvelab.api.access.models import ensure_root
from pvelab.api.lxc.life import recover
from pvelab.api.nodes.models import start_onboot
from pvelab.api.sdn.models import restore
from pvelab.api.storage.models import ensure_defaults, link_templates
from pvelab.assembly import assemble
from pvelab.lab import Lab, Settings
from pvelab.place import LabPlace, cache_home, listener, secret_file
from pvelab.runtime.errors import MachineError
from pvelab.runtime.machine import Machine
from pvelab.runtime.model import DeskSpec, PackageProxySpec, RouteSpec
from pvelab.server import make_server
from pvelab.tls import ensure_certificates

_LOG = logging.getLogger("pvelab")
TOKEN = "lab"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class StartError(Exception):
    """The daemon cannot start; one sentence."""


@dataclass(frozen=True)
class Options:
    """What `serve` was asked for."""

    name: str
    port: int | None = None
    nodes: tuple[str, ...] = ("pve1", "pve2", "pve3")
    desk: tuple[str, ...] = ()
    """`VNET=ADDRESS/LENGTH,ADDRESS/LENGTH`."""
    routes: tuple[str, ...] = ()
    """`PREFIX=VIA`."""
    packages: str | None = None
    """`VNET=ADDRESS/LENGTH:PORT`."""
    template: bool = True
    """Build the standard template when the cache lacks it."""


def make_machine(options: Options) -> Machine:
    """The machine half for these options; nothing is touched yet."""
    place = LabPlace(options.name)
    return Machine(
        name=options.name,
        state=place.state,
        cache=cache_home(),
        desk=tuple(_desk(text) for text in options.desk),
        routes=tuple(_route(text) for text in options.routes),
        packages=_packages(options.packages) if options.packages else None,
    )


def _desk(text: str) -> DeskSpec:
    vnet, equals, addresses = text.partition("=")
    if not equals or not addresses:
        raise StartError(f"--desk {text!r}: accepted is VNET=ADDRESS/LENGTH[,ADDRESS/LENGTH]")
    return DeskSpec(vnet=vnet, addresses=tuple(addresses.split(",")))


def _route(text: str) -> RouteSpec:
    prefix, equals, via = text.partition("=")
    if not equals:
        raise StartError(f"--route {text!r}: accepted is PREFIX=VIA")
    return RouteSpec(prefix=prefix, via=via)


def _packages(text: str) -> PackageProxySpec:
    vnet, equals, place = text.partition("=")
    address, colon, port = place.rpartition(":")
    if not equals or not colon or not port.isdigit() or "/" not in address:
        raise StartError(f"--packages {text!r}: accepted is VNET=ADDRESS/LENGTH:PORT")
    return PackageProxySpec(vnet=vnet, address=address, port=int(port))


def open_lab(lab: Lab, place: LabPlace, log: Callable[[str], None]) -> None:
    """Bring machine and state together: after a first start, a restart, a `kill -9`, or a reboot of the machine."""
    lab.machine.open(log)
    password = secret_file(place.password_file, secrets.token_urlsafe(18))
    token = secret_file(place.token_file, f"root@pam!{TOKEN}={uuid.uuid4()}")
    secret_file(place.instance_file, str(uuid.uuid4()))
    ensure_root(lab.store, password=password, token=TOKEN, token_value=token.partition("=")[2])
    ensure_defaults(lab.store)
    for upid in lab.tasks.recover():
        log(f"ended as failed: {upid}")
    for part in (lab.settings.state / "storage").rglob("*.part"):
        part.unlink()
    restore(lab)
    recover(lab)
    lab.filter.apply()


def begin(lab: Lab) -> None:
    """Start what runs by itself: HA, and after a reboot of the machine the `onboot` containers."""
    booted = _BOOT_ID.read_text().strip()
    is_first = lab.store.get("meta", "boot-id") != booted
    lab.store.put("meta", "boot-id", booted)
    for node in lab.nodes:
        if is_first and lab.is_online(node):
            start_onboot(lab, node)
    lab.filter.start()
    lab.engine.start()


def serve(options: Options, *, say: Callable[[str], None] = print) -> None:
    """Be the lab's daemon until a signal ends it; containers go on running."""
    place = LabPlace(options.name)
    held = place.lock()
    if held is None:
        raise StartError(f"lab '{options.name}' has a daemon already (pid {place.daemon_pid()})")
    place.state.chmod(0o700)
    # The server ends with the signal that ended it: as an exception it runs what follows.
    signal.signal(signal.SIGTERM, _leave)
    machine = make_machine(options)
    settings = Settings(
        name=options.name, state=place.state, cache=cache_home(), nodes=options.nodes, desk=options.desk
    )
    lab = assemble(settings, machine)
    try:
        open_lab(lab, place, say)
        if options.template and not machine.templates():
            say("building the standard template (once per machine)")
            machine.build_template(say)
        link_templates(lab)
        ca, cert, key = ensure_certificates(place.state / "tls", options.name)
        socket = listener(options.port, (place.record() or {}).get("port"))
        port = int(socket.getsockname()[1])
        _write_record(place, options, port=port, ca_file=ca)
        begin(lab)
        say(f"lab '{options.name}' answers at https://127.0.0.1:{port}")
        server = make_server(lab, cert_file=str(cert), key_file=str(key))
        with suppress(KeyboardInterrupt, SystemExit):
            server.run(sockets=[socket])
        lab.engine.end()
        lab.filter.end()
    except (MachineError, OSError) as error:
        raise StartError(str(error)) from error
    finally:
        machine.close(destroy=False)
        lab.close()
        held.close()


def _leave(number: int, frame: object) -> None:
    raise SystemExit(0)


def _write_record(place: LabPlace, options: Options, *, port: int, ca_file: Path) -> None:
    record = {
        "name": options.name,
        "pid": os.getpid(),
        "port": port,
        "endpoint": f"https://127.0.0.1:{port}",
        "ca_file": str(ca_file),
        "nodes": list(options.nodes),
        "desk": list(options.desk),
        "routes": list(options.routes),
        "packages": options.packages,
        "netns": f"/run/netns/pvelab-{options.name}",
        "checkout": str(Path(__file__).resolve().parents[2]),
    }
    part = place.record_file.with_suffix(".part")
    part.write_text(json.dumps(record, indent=2))
    part.rename(place.record_file)


def end(place: LabPlace, *, timeout_s: float = 30) -> bool:
    """Ask the daemon to end and wait; whether one ran. Also while it begins."""
    if not place.is_alive():
        return False
    waiter, asked = threading.Event(), None
    for _ in range(int(timeout_s * 10)):
        pid = place.daemon_pid()
        if pid is None and not place.is_alive():
            return True
        if asked is None and pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            asked = pid
        if pid not in (None, asked):
            return True  # another one has begun since
        waiter.wait(0.1)
    raise StartError(f"the daemon (pid {asked}) did not end within {timeout_s:.0f} s")


def options_of(record: dict[str, Any]) -> Options:
    """The options that a daemon was started with."""
    return Options(
        name=record["name"],
        nodes=tuple(record["nodes"]),
        desk=tuple(record["desk"]),
        routes=tuple(record["routes"]),
        packages=record["packages"],
    )


def log_to_stderr() -> None:
    """Faults and warnings of the daemon go to its standard error, which `start` puts into the log file."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
