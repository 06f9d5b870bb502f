"""Refusals that the roles' settings share. Plain Python: no pyinfra, no host."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
PLAIN = re.compile(r"[A-Za-z0-9_-]{12,}")
"""A secret that needs no quoting in a configuration file, long enough not to be guessed."""
DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


class SettingError(ValueError):
    """A setting cannot be used; the message names role, field, found value and what is accepted."""


def require(accepted: bool, field: str, found: object, wanted: str) -> None:
    """Raise `SettingError` unless `accepted`; `field` is written `role.field`."""
    if not accepted:
        raise SettingError(f"{field} is {found!r}: {wanted}")


def require_addresses(field: str, found: Iterable[str], family: int | None = None) -> None:
    """Refuse anything that is not an IP address (of `family` 4 or 6, when given)."""
    for text in found:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            raise SettingError(f"{field} holds {text!r}: an IP address is accepted") from None
        require(family in (None, address.version), field, text, f"an IPv{family} address is accepted")


def require_prefixes(field: str, found: Iterable[str], family: int) -> None:
    """Refuse anything that is not a network of `family` 4 or 6 with its host bits zero."""
    for text in found:
        try:
            network = ipaddress.ip_network(text)
        except ValueError as error:
            raise SettingError(f"{field} holds {text!r}: a network is accepted ({error})") from None
        require(network.version == family, field, text, f"an IPv{family} network is accepted")


def require_domain(field: str, found: str) -> None:
    """Refuse anything that is not a lower-case domain name of at least two labels."""
    require(bool(DOMAIN.fullmatch(found)), field, found, "a lower-case domain name such as ystad.example is accepted")


def require_name(field: str, found: str) -> None:
    """Refuse anything that is not a short lower-case name."""
    require(bool(NAME.fullmatch(found)), field, found, "a lower-case name such as ystad is accepted")


def require_certificates(field: str, found: Iterable[str]) -> None:
    """Refuse anything that is not a certificate in PEM, and a key beside one; it is not in the message."""
    for text in found:
        alone = text.startswith("-----BEGIN CERTIFICATE-----") and "PRIVATE" not in text
        require(alone, field, "...", "certificates in PEM are accepted, without keys")


def require_plain(field: str, secret: str) -> None:
    """Refuse a secret that would need quoting, or that could be guessed; it is not in the message."""
    require(bool(PLAIN.fullmatch(secret)), field, "...", "12 or more of A-Z, a-z, 0-9, - and _")
