"""Secrets: a name says the kind, a public half belongs to its secret, references are found and replaced."""

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_private_key

from samdrift.secret import ROOT, make, names_in, public, resolved


def made() -> dict[str, str]:
    found: dict[str, str] = {}

    def read(name: str) -> str:
        if name not in found:
            found[name] = make(name, read=read)
        return found[name]

    for name in ("desk-database", "dkim-ystad.rsa", "backup-mail.ed25519", "issuing.ca"):
        read(name)
    return found


SECRETS = made()


def test_password_satisfies_the_directorys_rules_and_is_new_each_time() -> None:
    first, second = SECRETS["desk-database"], make("desk-database", read=SECRETS.__getitem__)
    assert first != second
    assert len(first) > 24
    assert first.startswith("Sd1-")  # upper, lower, digit and other


def test_public_half_of_a_key_pair_verifies_what_the_secret_signed() -> None:
    value = SECRETS["dkim-ystad.rsa"]
    key = load_der_public_key(base64.b64decode(public("dkim-ystad.rsa", value)))
    assert key == load_pem_private_key(value.encode(), password=None).public_key()
    assert public("backup-mail.ed25519", SECRETS["backup-mail.ed25519"]).startswith("ssh-ed25519 AAAA")


def test_issuing_authority_is_signed_by_the_root_and_signs_hosts_only() -> None:
    root, issuing = (
        x509.load_pem_x509_certificate(public(name, SECRETS[name]).encode()) for name in (ROOT, "issuing.ca")
    )
    issuing.verify_directly_issued_by(root)
    assert issuing.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_password_has_no_public_half() -> None:
    with pytest.raises(ValueError, match="desk-database is a password"):
        public("desk-database", "x")


def test_references_are_found_wherever_they_stand_and_replaced() -> None:
    settings = {"a": [{"key": {"secret": "desk-database"}}], "b": {"public": "dkim-ystad.rsa"}, "c": "plain"}
    assert sorted(names_in(settings)) == ["desk-database", "dkim-ystad.rsa"]
    found = resolved(settings, read=SECRETS.__getitem__)
    assert found["a"][0]["key"] == SECRETS["desk-database"]
    assert found["b"] == public("dkim-ystad.rsa", SECRETS["dkim-ystad.rsa"])
    assert found["c"] == "plain"
