"""What the federation says of a host is what its roles take: names, types and values of every role's settings."""

import importlib
from functools import cache
from typing import Any

import pytest

from samdrift.federation.derived import Guest
from samdrift.federation.guest import all_guests
from samdrift.federation.setting import settings_of
from samdrift.handover import HostRecord, fill_members, host_records
from samdrift.secret import make, resolved
from tests.unit.sample import default_federation, member, with_members

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGenerated test"


def records() -> tuple[HostRecord, ...]:
    federation = default_federation()
    return fill_members(record for stack in federation.stacks for record in host_records(federation, stack))


@cache
def secret(name: str) -> str:
    return make(name, read=secret)


def completed(settings: dict[str, Any]) -> dict[str, Any]:
    """As an inventory completes them: secrets by value, the engineer's key."""
    found: dict[str, Any] = resolved(settings, read=secret)
    return {**found, "authorized_keys": [KEY]} if "authorized_keys" in found else found


@pytest.mark.parametrize("record", records(), ids=lambda record: record.name)
def test_roles_take_their_settings(record: HostRecord) -> None:
    for role, settings in record.roles.items():
        module = importlib.import_module(f"roles.{role}.settings")
        assert module.Settings(**completed(settings))


def gateway_of(code: str, **facts: Any) -> tuple[Guest, dict[str, Any]]:
    federation = with_members((member(code, **facts),))
    guest = next(guest for guest in all_guests(federation) if "gateway" in guest.roles)
    return guest, settings_of(federation, guest)["gateway"]


def test_gateway_knows_its_own_addresses_and_edges() -> None:
    guest, settings = gateway_of("0114")
    assert settings["transit"]["ipv4"] == str(guest.interface("transit").ipv4.ip) == "10.0.4.16"
    assert settings["upstream4"] == str(guest.interface("transit").gateway4) == "10.0.4.1"
    assert settings["adm"]["ipv4"] == "10.7.32.0/21"


def test_engineers_way_in_is_not_left_to_generated_rules() -> None:
    _, settings = gateway_of("0114")
    assert settings["rules"]
    assert not [rule for rule in settings["rules"] if "22" in rule["ports"]]


def test_each_directory_host_knows_the_other_and_one_of_them_is_first() -> None:
    hosts = {record.name: record.roles["directory"] for record in records() if "directory" in record.roles}
    assert [hosts["dc1"]["first"], hosts["dc2"]["first"]] == [True, False]
    assert (hosts["dc1"]["peer"], hosts["dc1"]["peer_address"]) == ("dc2", hosts["dc2"]["address"])
    assert (hosts["dc2"]["peer"], hosts["dc2"]["peer_address"]) == ("dc1", hosts["dc1"]["address"])
