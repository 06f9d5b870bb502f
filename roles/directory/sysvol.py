"""The key by which directory hosts fetch sysvol from each other, and what may be done with it."""

from __future__ import annotations

import base64
import hmac
import shlex
from collections.abc import Iterator
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation

KEY = "/etc/samdrift/sysvol_key"
AUTHORIZED = "/etc/samdrift/sysvol_authorized_keys"
# Head of a PKCS#8 private key of Ed25519, before its 32 bytes (RFC 8410, section 7).
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")


def private_key(secret: str) -> str:
    """Return the directory hosts' common private key (PEM), derived from their common secret.

    Both hosts get the same key without one having to be deployed before the other can be told of it.
    """
    seed = hmac.digest(secret.encode(), b"samdrift directory sysvol 1", "sha256")
    text = base64.b64encode(PKCS8 + seed).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"


def _line(peer_address: str) -> str:
    options = f'restrict,from="{peer_address}",command="/usr/local/sbin/samdrift-sysvol source"'
    return f"{{ printf '%s ' {shlex.quote(options)}; ssh-keygen -y -f {KEY}; }}"


class Authorized(FactBase):
    """Whether the other host's key may fetch, and only that."""

    default = bool

    def command(self, peer_address: str) -> str:
        return f"if {_line(peer_address)} 2>/dev/null | cmp -s - {AUTHORIZED}; then echo yes; fi"

    def process(self, output: list[str]) -> bool:
        return output == ["yes"]


@operation()
def authorized(*, peer_address: str) -> Iterator[Any]:
    """Let the other directory host read sysvol with the common key, from its address and by one command only."""
    if host.get_fact(Authorized, peer_address=peer_address):
        host.noop("the other directory host may fetch sysvol")
        return
    yield StringCommand(f"(umask 077; {_line(peer_address)} > {AUTHORIZED})")
