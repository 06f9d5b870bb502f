"""The certificate of a host: what a role asks for, and the files it gets."""

from typing import Any

import pytest

from roles.operations import certificate
from roles.operations.setting import SettingError
from roles.operations.template import render
from samdrift.federation import hall
from samdrift.federation.derived import Rule
from samdrift.federation.flow import rules_of
from samdrift.federation.guest import all_guests
from samdrift.federation.record import Acme, Federation
from samdrift.federation.setting import fact, settings_of
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


def outside() -> Federation:
    """The default federation with an authority outside."""
    acme = Acme(directory="https://acme.example.org/directory", contact="drift@osterlen.example")
    federation = default_federation()
    return federation.model_copy(update={"hall": federation.hall.model_copy(update={"acme": acme})})


def rules(federation: Federation, name: str) -> dict[str, Rule]:
    guest = next(one for one in all_guests(federation) if one.name == name)
    return {rule.name: rule for rule in rules_of(federation, guest) if rule.name.startswith("acme")}


def test_a_host_that_the_outside_knows_asks_an_authority_outside_where_there_is_one() -> None:
    asked = fact.certificate(outside(), "mx1.osterlen.example", public=True)
    assert asked == {
        "names": ["mx1.osterlen.example"],
        "directory": "https://acme.example.org/directory",
        "contact": "drift@osterlen.example",
    }
    certificate.check(asked, role="relay")
    assert fact.certificate(outside(), "mail.osterlen.example")["directory"].startswith("https://pki.osterlen.example/")
    inside = fact.certificate(default_federation(), "mx1.osterlen.example", public=True)
    assert inside == fact.certificate(default_federation(), "mx1.osterlen.example")


def test_whoever_asks_outside_is_published_for_it_and_nobody_else() -> None:
    federation = outside()
    hall_guests = [one for one in all_guests(federation) if one.stack == federation.hall.name]
    asking = {
        guest.name
        for guest in hall_guests
        for settings in settings_of(federation, guest).values()
        if settings.get("certificate", {}).get("directory") == "https://acme.example.org/directory"
    }
    assert asking == set(hall.PUBLIC)
    concerned = {guest.name for guest in hall_guests if rules(federation, guest.name)}
    assert concerned == {"edge", "outside", *hall.PUBLIC}  # outside plays the Internet
    edge = rules(federation, "edge")
    assert edge["acme-validation"].from_ == "wan"
    assert edge["acme-validation"].ports == ("80",)
    assert edge["acme"].to == "wan"


def test_without_an_authority_outside_nothing_is_published_for_one() -> None:
    assert {
        guest.name for guest in all_guests(default_federation()) if rules(default_federation(), guest.name)
    } == set()


@pytest.mark.parametrize(
    "changes", [{"directory": "http://acme.example.org/directory"}, {"contact": "drift"}, {"key": "x"}]
)
def test_an_authority_outside_that_cannot_be_used_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        Acme(**{"directory": "https://acme.example.org/directory", "contact": "drift@osterlen.example", **changes})
