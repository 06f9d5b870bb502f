"""Passwords, signed tickets, CSRF tokens and API token values."""

import base64
import hashlib
import hmac
import secrets
import time
import uuid

from pvelab.api.errors import unauthorized
from pvelab.store import Store

LIFETIME_S = 2 * 3600
_SCRYPT = {"n": 2**12, "r": 8, "p": 1}


def hash_password(password: str) -> str:
    """A salted hash to keep instead of the password."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, **_SCRYPT).hex()}"


def is_password(password: str, kept: str) -> bool:
    """Whether it is the password that was hashed."""
    salt, _, digest = kept.partition("$")
    found = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), **_SCRYPT)
    return hmac.compare_digest(found, bytes.fromhex(digest))


def new_token_value() -> tuple[str, str]:
    """A fresh API token value, shown once, and the hash to keep. Random enough for a plain hash."""
    value = str(uuid.uuid4())
    return value, hash_token(value)


def hash_token(value: str) -> str:
    """What is kept of an API token value."""
    return hashlib.sha256(value.encode()).hexdigest()


class Seal:
    """Signs tickets with a key of this lab, made once."""

    def __init__(self, store: Store) -> None:
        with store.transaction():
            kept = store.get("meta", "ticket-key")
            if kept is None:
                kept = secrets.token_hex(32)
                store.put("meta", "ticket-key", kept)
        self._key = bytes.fromhex(kept)

    def _sign(self, text: str) -> str:
        return base64.b64encode(hmac.digest(self._key, text.encode(), "sha256")).decode().rstrip("=")

    def ticket(self, user: str) -> str:
        """`PVE:user@realm:HEXTIME::signature`."""
        plain = f"PVE:{user}:{int(time.time()):08X}"
        return f"{plain}::{self._sign(plain)}"

    def csrf(self, user: str) -> str:
        """The token that must accompany a writing request made with a ticket."""
        stamp = f"{int(time.time()):08X}"
        return f"{stamp}:{self._sign(f'csrf:{stamp}:{user}')}"

    def user_of(self, ticket: str) -> str:
        """Who holds the ticket; 401 when it is not ours, or too old."""
        plain, _, signature = ticket.partition("::")
        parts = plain.rsplit(":", 1)
        if len(parts) != 2 or not hmac.compare_digest(self._sign(plain).encode(), signature.encode()):
            raise unauthorized("permission denied - invalid PVE ticket")
        if not _is_fresh(parts[1]):
            raise unauthorized("permission denied - invalid PVE ticket")
        return parts[0].removeprefix("PVE:")

    def check_csrf(self, user: str, token: str | None) -> None:
        """401 unless the token belongs to the user."""
        stamp, _, signature = (token or "").partition(":")
        wanted = self._sign(f"csrf:{stamp}:{user}")
        if not hmac.compare_digest(wanted.encode(), signature.encode()) or not _is_fresh(stamp):
            raise unauthorized("Permission denied - invalid csrf token")


def _is_fresh(stamp: str) -> bool:
    try:
        age = time.time() - int(stamp, 16)
    except ValueError:
        return False
    return -300 < age < LIFETIME_S
