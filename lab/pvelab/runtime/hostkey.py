"""SSH host keys and password hashes for new guests: made here, never inside the guest and never shared by two."""

import secrets
import subprocess

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from pvelab.runtime.command import environment
from pvelab.runtime.errors import MachineError


def host_keys(comment: str) -> list[dict[str, object]]:
    """Changes for `tree.py` that give a guest host keys of its own (ed25519 and ecdsa)."""
    changes: list[dict[str, object]] = [{"kind": "remove", "path": "/etc/ssh/ssh_host_*"}]
    keys: dict[str, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey] = {
        "ed25519": ed25519.Ed25519PrivateKey.generate(),
        "ecdsa": ec.generate_private_key(ec.SECP256R1()),
    }
    for kind, key in keys.items():
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        ).decode()
        public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        path = f"/etc/ssh/ssh_host_{kind}_key"
        changes += [
            {"kind": "write", "path": path, "text": private, "mode": 0o600},
            {"kind": "write", "path": f"{path}.pub", "text": f"{public.decode()} root@{comment}\n", "mode": 0o644},
        ]
    return changes


def password_hash(password: str) -> str:
    """A SHA-512 crypt hash; the password goes through a pipe, never through arguments."""
    done = subprocess.run(
        ["openssl", "passwd", "-6", "-salt", secrets.token_hex(8), "-stdin"],
        input=password,
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    if done.returncode != 0:
        raise MachineError(f"cannot hash a password: {done.stderr.strip()}")
    return done.stdout.strip()


def root_access(*, password: str | None, ssh_keys: tuple[str, ...] | None) -> list[dict[str, object]]:
    """Changes for `tree.py` that set root's password and/or authorised keys."""
    changes: list[dict[str, object]] = []
    if password is not None:
        changes.append(
            {"kind": "field", "path": "/etc/shadow", "mark": "root", "text": password_hash(password), "mode": 0o640}
        )
    if ssh_keys is not None:
        text = "".join(f"{key.strip()}\n" for key in ssh_keys if key.strip())
        changes += [
            {"kind": "folder", "path": "/root/.ssh", "mode": 0o700},
            {"kind": "write", "path": "/root/.ssh/authorized_keys", "text": text, "mode": 0o600},
        ]
    return changes
