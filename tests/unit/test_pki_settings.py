"""Settings and files of `pki`: what it signs with, and what never comes near it."""

from functools import cache
from typing import Any

import pytest

from roles.operations.setting import SettingError
from roles.operations.template import render
from roles.pki.deploy import FOLDER, TEMPLATES
from roles.pki.settings import Settings
from samdrift.secret import make, public


@cache
def secret(name: str) -> str:
    return make(name, read=secret)


def facts() -> dict[str, Any]:
    root, issuing = secret("root.ca"), secret("issuing.ca")
    return {"fqdn": "pki.osterlen.example", "root": public("root.ca", root), "issuing": issuing.strip()}


def test_the_authority_is_taken_apart_into_key_and_certificate() -> None:
    settings = Settings(**facts())
    assert settings.issuing_certificate == public("issuing.ca", secret("issuing.ca"))
    assert settings.issuing_key.startswith("-----BEGIN PRIVATE KEY-----")
    assert settings.issuing_key.endswith("-----END PRIVATE KEY-----\n")
    assert "PRIVATE" not in repr(settings)


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("fqdn", "pki", "domain name"),
        ("root", "root.ca", "in PEM"),
        ("issuing", "-----BEGIN PRIVATE KEY-----", "one certificate"),
    ],
)
def test_refusals(field: str, value: str, word: str) -> None:
    with pytest.raises(SettingError, match=word):
        Settings(**{**facts(), field: value})


def test_the_roots_key_is_refused() -> None:
    root = secret("root.ca")
    with pytest.raises(SettingError, match="without its key"):
        Settings(**{**facts(), "root": root[root.index("-----BEGIN CERT") :] + root})
    with pytest.raises(SettingError, match="under the root"):
        Settings(**{**facts(), "issuing": root})


def test_the_server_signs_with_the_authority_under_the_root_and_opens_port_443_only() -> None:
    values: dict[str, object] = {"settings": Settings(**facts()), "folder": FOLDER}
    text = render(templates=TEMPLATES, dest="/etc/caddy/Caddyfile", values=values)
    assert "cert /etc/samdrift/pki/issuing.crt" in text
    assert "\npki.osterlen.example {" in text
    for line in ("admin off", "auto_https disable_redirects", "skip_install_trust"):
        assert f"\t{line}\n" in text
