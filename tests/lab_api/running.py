"""A lab that serves real HTTPS from a thread of the test process."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from proxmoxer import ProxmoxAPI

from pvelab import daemon
from pvelab.api.storage.models import link_templates
from pvelab.assembly import assemble
from pvelab.lab import Lab, Settings
from pvelab.place import LabPlace
from pvelab.server import make_server
from pvelab.tls import ensure_certificates
from tests.lab_api.recorder import RecordingMachine

TEMPLATE = "debian-13-standard_13.1-1_amd64.tar.zst"
OSTEMPLATE = f"local:vztmpl/{TEMPLATE}"
DEADLINE_S = 20.0


class RunningLab:
    """The lab, its machine, and clients for it."""

    def __init__(self, lab: Lab, machine: RecordingMachine, port: int, ca_file: Path) -> None:
        self.lab, self.machine, self.port, self.ca_file = lab, machine, port, ca_file
        self.url = f"https://127.0.0.1:{port}"
        self.token = (lab.settings.state / "token").read_text().strip()
        self.password = (lab.settings.state / "password").read_text().strip()
        self.node = lab.nodes[0]

    def proxmoxer(self, user: str = "root@pam", **secret: str) -> Any:
        """proxmoxer with root's password, or with what is given."""
        return ProxmoxAPI(
            "127.0.0.1",
            port=self.port,
            user=user,
            verify_ssl=str(self.ca_file),
            timeout=30,
            **(secret or {"password": self.password}),
        )

    def by_token(self, token: str) -> Any:
        """proxmoxer with an API token, `user@realm!name=value`."""
        name, _, value = token.partition("=")
        user, _, short = name.partition("!")
        return self.proxmoxer(user, token_name=short, token_value=value)

    def http(self, token: str | None = None) -> httpx.Client:
        """httpx with root's token, another one, or (empty) none."""
        token = self.token if token is None else token
        headers = {"Authorization": f"PVEAPIToken={token}"} if token else {}
        context = ssl.create_default_context(cafile=str(self.ca_file))
        return httpx.Client(
            base_url=f"{self.url}/api2/json", verify=context, headers=headers, timeout=30, trust_env=False
        )

    def finish(self, upid: str) -> str:
        """Wait for a task's end; its exit status."""
        self.lab.tasks.wait(upid, DEADLINE_S)
        record = self.lab.store.get("task", upid)
        assert record is not None and record["endtime"] is not None, f"{upid} still runs"
        return str(record["exitstatus"])


def eventually(question: Any, what: str) -> None:
    """Ask until the answer is yes, or fail after the deadline."""
    deadline, pause = time.monotonic() + DEADLINE_S, threading.Event()
    while not question():
        assert time.monotonic() < deadline, f"never happened: {what}"
        pause.wait(0.02)


@contextlib.contextmanager
def running_lab(folder: Path, machine: RecordingMachine | None = None) -> Iterator[RunningLab]:
    """A lab with its state in the folder; the same folder again is the same lab after a restart."""
    state, cache = folder / "state" / "pvelab" / "t", folder / "cache"
    state.mkdir(parents=True, exist_ok=True)
    (cache / "templates").mkdir(parents=True, exist_ok=True)
    (cache / "templates" / TEMPLATE).write_bytes(b"not really a template")
    machine = machine or RecordingMachine(cache)
    lab = assemble(Settings(name="t", state=state, cache=cache), machine)  # type: ignore[arg-type]
    place = _Place(state)
    daemon.open_lab(lab, place, lambda line: None)
    link_templates(lab)
    daemon.begin(lab)
    ca, cert, key = ensure_certificates(state / "tls", "t")
    listening = socket.create_server(("127.0.0.1", 0))
    port = int(listening.getsockname()[1])
    server = make_server(lab, cert_file=str(cert), key_file=str(key))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    eventually(lambda: server.started, "the server listens")
    try:
        yield RunningLab(lab, machine, port, ca)
    finally:
        server.should_exit = True
        thread.join(10)
        lab.engine.end()
        lab.filter.end()
        lab.close()


class _Place(LabPlace):
    """The files of a lab in a folder of the test."""

    def __init__(self, state: Path) -> None:
        super().__init__("t")
        object.__setattr__(self, "_state", state)

    @property
    def state(self) -> Path:
        return self._state  # type: ignore[attr-defined]
