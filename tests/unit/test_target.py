"""What may be attacked: only a lab that proves itself, by the API's own answer and by its state folder."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from samdrift import lab
from samdrift.compliance import target
from samdrift.compliance.target import NotALab, confirm
from samdrift.state import State

INSTANCE = "6c1b1a52-0f6e-4f0e-9d44-0d2f4b9f6f0e"


def certificate(folder: Path) -> None:
    """Write a self-signed certificate of 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab")])
    now = datetime.now(tz=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(hours=1), now + timedelta(hours=1))
    address = x509.IPAddress(ip_address("127.0.0.1"))
    made = made.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = made.sign(key, hashes.SHA256())
    (folder / "ca.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8
    text = key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(text)


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """An HTTPS server that answers /version, with whatever instance header is set, and remembers what it was sent."""
    certificate(tmp_path)
    facts = SimpleNamespace(shown=INSTANCE, asked=[], url="", folder=tmp_path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            facts.asked.append(dict(self.headers))
            self.send_response(200)
            if facts.shown:
                self.send_header(target.HEADER, facts.shown)
            self.end_headers()
            self.wfile.write(b'{"data": {"version": "9.1.3"}}')

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "ca.pem", tmp_path / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    facts.url = f"https://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield facts
    server.shutdown()
    server.server_close()


@pytest.fixture
def told(endpoint: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `pvelab status` says; the lab's own state beside it."""
    home = endpoint.folder / "pvelab"
    home.mkdir()
    (home / "instance").write_text(f"{INSTANCE}\n")
    (home / "token").write_text("root@pam!lab=secret")
    found = {"name": "lab", "alive": True, "endpoint": endpoint.url, "state_dir": str(home)}
    found |= {"ca_file": str(endpoint.folder / "ca.pem"), "token_file": str(home / "token")}
    monkeypatch.setattr(lab, "status", lambda name: found)
    return found


@pytest.fixture
def state(endpoint: SimpleNamespace) -> State:
    made = State(name="lab", root=endpoint.folder / "state").open()
    made.write(made.endpoint_file, f'{{"name": "lab", "endpoint": "{endpoint.url}"}}')
    return made


def test_a_lab_that_proves_itself_is_a_target(state: State, told: dict[str, Any], endpoint: SimpleNamespace) -> None:
    assert confirm(state).instance == INSTANCE
    assert not any("Authorization" in headers for headers in endpoint.asked), "no credential before the proof"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"alive": False}, "is not running"),
        ({"endpoint": "https://pve.hall.example:8006"}, "the running lab answers at"),
        ({"shown": None}, "does not show the instance id"),
        ({"shown": "another"}, "does not show the instance id"),
        ({"instance": ""}, "holds no instance id"),
        ({"ca_file": None}, "did not answer as a lab"),
    ],
)
def test_what_is_not_proven_is_refused(
    change: dict[str, Any], words: str, state: State, told: dict[str, Any], endpoint: SimpleNamespace
) -> None:
    """A real Proxmox VE at the same address, another's lab, a stopped one: each is refused by its own sentence."""
    if "shown" in change:
        endpoint.shown = change["shown"]
    elif "instance" in change:
        (Path(told["state_dir"]) / "instance").write_text(change["instance"])
    elif "ca_file" in change:
        (endpoint.folder / "other").mkdir()
        certificate(endpoint.folder / "other")
        told["ca_file"] = str(endpoint.folder / "other" / "ca.pem")
    else:
        told.update(change)
    with pytest.raises(NotALab, match=words):
        confirm(state)


def test_production_has_no_lab_and_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotALab, match="no lab of this machine is known"):
        confirm(State(name="hall", root=tmp_path))
