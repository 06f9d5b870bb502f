"""The certificate of a host: what a role asks for, and the files it gets."""

from typing import Any

import pytest

from roles.operations import certificate
from roles.operations.setting import SettingError
from roles.operations.template import render
from samdrift.federation.setting import fact
from tests.unit.sample import default_federation

ASKED: dict[str, Any] = {"names": ["mail.osterlen.example"], "directory": "https://pki.osterlen.example/acme/x"}


def conf(**changes: Any) -> list[str]:
    values: dict[str, object] = {
        "certificate": {"days": None, "contact": None, **ASKED},
        "units": ["nginx.service", "dovecot.service"],
        "group": "ssl-cert",
        **changes,
    }
    text = render(templates=certificate.TEMPLATES, dest="/etc/samdrift/certificate.conf", values=values)
    return text.splitlines()


def test_a_hall_guest_asks_the_federations_own_authority_for_a_short_life() -> None:
    asked = fact.certificate(default_federation(), "mail.osterlen.example")
    assert asked["directory"] == "https://pki.osterlen.example/acme/internal/directory"
    assert asked["names"] == ["mail.osterlen.example"]
    assert asked["days"] == 30
    certificate.check(asked, role="mail")


def test_what_is_not_asked_for_is_empty_in_the_file() -> None:
    assert 'DAYS=""' in conf()
    assert 'CONTACT=""' in conf()
    assert 'UNITS="nginx.service dovecot.service"' in conf()
    assert 'DAYS="30"' in conf(certificate={**ASKED, "days": 30, "contact": None})


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"names": []}, "at least one name"),
        ({"names": ["mail; rm -rf /"]}, "domain name"),
        ({"directory": "http://pki.osterlen.example/acme"}, "https"),
        ({"key": "none"}, "accepted"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        certificate.check({**ASKED, **changes}, role="mail")
