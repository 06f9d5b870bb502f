"""What kind of secret a name stands for, how one is made, and what of it is public.

The end of a name says the kind: `desk-database` is a password, `dkim-ystad.rsa` a key pair for DKIM,
`backup-mail.ed25519` one for SSH, `issuing.ca` a certificate authority's key with its certificate. Settings refer to a
secret as `{"secret": name}` and to its public half as `{"public": name}`; no record ever holds the value.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from cryptography.x509.oid import NameOID

ROOT = "root.ca"
"""The federation's own authority; every other `.ca` is signed by it. Its key never leaves the state directory."""

AUTHORITY_YEARS = 10

Read = Callable[[str], str]


def make(name: str, *, read: Read) -> str:
    """Make the value of a new secret; `read` returns another secret's value, made where it is not there yet."""
    if name.endswith(".rsa"):
        # 2048: what every receiver verifies, and its record fits a DNS answer by UDP (RFC 8301, 3.2).
        return _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    if name.endswith(".ed25519"):
        key = ed25519.Ed25519PrivateKey.generate()
        return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    if name.endswith(".ca"):
        return _authority(name, signer=None if name == ROOT else read(ROOT))
    # 24 random characters, and of every class that the directory's password rules ask for.
    return f"Sd1-{secrets.token_urlsafe(18)}"


def public(name: str, value: str) -> str:
    """Return the public half: base64 of the key (`.rsa`), an OpenSSH line (`.ed25519`), a PEM certificate (`.ca`).

    Raises: ValueError for a password, which has none.
    """
    if name.endswith(".rsa"):
        key = load_pem_private_key(value.encode(), password=None).public_key()
        return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    if name.endswith(".ed25519"):
        line = load_ssh_private_key(value.encode(), password=None).public_key()
        return line.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    if name.endswith(".ca"):
        return _certificate(value).public_bytes(Encoding.PEM).decode()
    raise ValueError(f"{name} is a password: it has no public half")


def names_in(value: object) -> Iterator[str]:
    """The names behind every reference in settings, whether to the secret or to its public half."""
    if isinstance(value, Mapping):
        if set(value) in ({"secret"}, {"public"}):
            yield str(next(iter(value.values())))
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from names_in(part)


def resolved(value: Any, *, read: Read) -> Any:
    """The same settings with every reference replaced by what it stands for."""
    if isinstance(value, Mapping):
        if set(value) == {"secret"}:
            return read(value["secret"])
        if set(value) == {"public"}:
            return public(value["public"], read(value["public"]))
        return {key: resolved(one, read=read) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(one, read=read) for one in value]
    return value


def _authority(name: str, *, signer: str | None) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    title = "root" if signer is None else name.removesuffix(".ca")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"samdrift {title} {secrets.token_hex(4)}")])
    signing_key = key if signer is None else load_pem_private_key(signer.encode(), password=None)
    issuer = subject if signer is None else _certificate(signer).subject
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks of guests may be behind.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=365 * AUTHORITY_YEARS))
        # An authority under the root signs hosts, no further authority.
        .add_extension(x509.BasicConstraints(ca=True, path_length=None if signer is None else 0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)  # type: ignore[arg-type]
        .sign(signing_key, hashes.SHA256())  # type: ignore[arg-type]
    )
    return _pem(key) + certificate.public_bytes(Encoding.PEM).decode()


def _certificate(value: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(value[value.index("-----BEGIN CERTIFICATE") :].encode())


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
