"""The catalogue is sound in itself: names, roles, categories and flows that exist, and no flow that may not be."""

from pathlib import Path

import pytest

from samdrift.federation import catalogue, end, service
from samdrift.federation.record import Flow, Service
from samdrift.federation.setting import settings_of
from tests.unit.sample import default_federation

FLOWS = (*catalogue.PLATFORM_FLOWS, *(entry for one in catalogue.SERVICES for entry in one.flows))


def test_names_are_unique_and_offered_is_what_can_be_delivered() -> None:
    assert len(catalogue.BY_NAME) == len(catalogue.SERVICES)
    modules = {file.stem for file in Path(str(service.__file__)).parent.glob("[a-z]*.py")}
    assert {name.replace("-", "_") for name in catalogue.OFFERED} == modules
    assert len({entry.name for entry in FLOWS}) == len(FLOWS)


@pytest.mark.parametrize("one", catalogue.SERVICES, ids=lambda one: one.name)
def test_service_names_only_what_exists(one: Service) -> None:
    assert set(one.replaces) <= set(catalogue.CATEGORIES)
    assert one.replaces
    assert set(one.requires) <= set(catalogue.BY_NAME)
    # A planned service promises nothing: no role delivers it and no door is open for it.
    assert bool(one.roles) == (one.status == "offered")
    assert one.status == "offered" or not one.flows


def test_every_category_has_exactly_one_service_that_replaces_it() -> None:
    replaced = [category for one in catalogue.SERVICES for category in one.replaces]
    assert sorted(replaced) == sorted(catalogue.CATEGORIES)


@pytest.mark.parametrize("entry", FLOWS, ids=lambda entry: entry.name)
def test_flow_names_known_ends_and_none_is_forbidden(entry: Flow) -> None:
    assert {*entry.source, *entry.target} <= set(end.SELECTORS)
    assert (entry.protocol == "icmp") == (not entry.ports)
    ways = [end.forbidden(source, target) for source in entry.source for target in entry.target]
    assert ways == [None] * len(ways)


def test_roles_of_offered_services_are_on_guests_and_have_settings() -> None:
    from samdrift.federation.guest import all_guests

    federation = default_federation()
    settings = {role for guest in all_guests(federation) for role in settings_of(federation, guest)}
    assert {role for name in catalogue.OFFERED for role in catalogue.BY_NAME[name].roles} <= settings


@pytest.mark.parametrize(
    "entry", [one for one in FLOWS if set(one.source) & set(end.CLIENTS)], ids=lambda one: one.name
)
def test_every_port_that_people_reach_says_how_it_is_protected(entry: Flow) -> None:
    """SEC-05 looks at what is declared: a port that says nothing would not be looked at."""
    assert [port for port, _ in entry.tls] == list(entry.ports)


@pytest.mark.parametrize("speech", ["TLS", "http"])
def test_a_port_without_tls_needs_a_reason_somebody_can_read(speech: str) -> None:
    plain = {
        "name": "any",
        "source": ["adm"],
        "target": ["dc1"],
        "protocol": "tcp",
        "ports": ["80"],
        "why": "any reason",
    }
    with pytest.raises(ValueError, match="at least 10 characters"):
        Flow.model_validate({**plain, "tls": [["80", speech]]})
