"""The built provider makes, reads and deletes an object whose id a person chooses, over TLS with a lab's authority."""

import datetime
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from samdrift.toolchain import environment, init_stack
from samdrift.toolchain.locate import Toolchain
from tests.toolchain.conftest import Checkout

pytestmark = pytest.mark.toolchain

ZONES = "/api2/json/cluster/sdn/zones"

PROGRAM = """
import pulumi
from pulumi_proxmoxve.sdn.zone import Simple

pulumi.export("zone", Simple("zone", resource_id="adm").id)
"""


class Zones(BaseHTTPRequestHandler):
    """As much of the API as one zone needs."""

    held: dict[str, dict[str, str]]

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.held[form["zone"][0]] = {name: values[0] for name, values in form.items()}
        self.answer(200, {"data": None})

    def do_GET(self) -> None:
        zone = self.held.get(self.path.removeprefix(f"{ZONES}/").partition("?")[0])
        missing = {"data": None, "message": "sdn 'adm' does not exist\n"}
        self.answer(*((200, {"data": zone}) if zone else (500, missing)))

    def do_DELETE(self) -> None:
        del self.held[self.path.removeprefix(f"{ZONES}/").partition("?")[0]]
        self.answer(200, {"data": None})

    def answer(self, code: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key in one file: authority and server at once."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (tmp_path / "ca.pem").write_bytes(signed.public_bytes(pem))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(pem, plain, serialization.NoEncryption()))
    return tmp_path / "ca.pem"


@pytest.fixture
def server(certificate: Path) -> Iterator[ThreadingHTTPServer]:
    Zones.held = {}
    found = ThreadingHTTPServer(("127.0.0.1", 0), Zones)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    found.socket = context.wrap_socket(found.socket, server_side=True)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield found
    found.shutdown()


def test_chosen_id_is_the_id_in_pulumi_and_survives_refresh(
    checkout: Checkout, built: Toolchain, server: ThreadingHTTPServer, certificate: Path
) -> None:
    """Reading the id under its Terraform name panics after the object was made, which leaves an orphan."""
    (checkout.root / "platform" / "__main__.py").write_text(PROGRAM)
    own = environment(built, checkout.state, certificate) | {
        "SAMDRIFT_ROOT": str(checkout.root),
        "PROXMOX_VE_ENDPOINT": f"https://127.0.0.1:{server.server_address[1]}/",
        "PROXMOX_VE_API_TOKEN": "root@pam!test=00000000-0000-0000-0000-000000000000",
    }
    here = replace(checkout, variables=own)
    init_stack("fed.zone", own)
    code, output = here.run("pulumi", "up", "-y", "-s", "fed.zone")
    assert code == 0, output
    assert "adm" in Zones.held
    assert here.run("pulumi", "stack", "output", "zone", "-s", "fed.zone") == (0, "adm\n")
    code, output = here.run("pulumi", "refresh", "-y", "-s", "fed.zone", "--expect-no-changes")
    assert code == 0, output
    code, output = here.run("pulumi", "destroy", "-y", "-s", "fed.zone")
    assert code == 0, output
    assert Zones.held == {}
