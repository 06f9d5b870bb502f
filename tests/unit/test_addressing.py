"""The address plan: no two of 290 municipalities meet anywhere, and nobody moves when others come or go."""

import csv
from collections import Counter
from ipaddress import IPv4Address, IPv4Network, collapse_addresses
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samdrift.federation import addressing, hall, municipality
from samdrift.federation.derived import Guest, Network
from samdrift.federation.guest import all_guests
from samdrift.federation.network import networks_of
from samdrift.federation.record import Federation
from tests.checks.scene import free_addresses
from tests.unit.sample import CODES, ROOT, default_federation, member, with_members


@pytest.fixture(scope="module")
def everyone() -> Federation:
    """All 290 municipalities and the synthetic members at once."""
    return with_members(tuple(member(code) for code in CODES))


@pytest.fixture(scope="module")
def networks(everyone: Federation) -> dict[str, Network]:
    """VNet -> network, of all of them."""
    return {one.vnet: one for stack in everyone.stacks for one in networks_of(everyone, stack)}


@pytest.fixture(scope="module")
def guests(everyone: Federation) -> tuple[Guest, ...]:
    """All guests of all of them, laid out once."""
    return all_guests(everyone)


def duplicates(values: list[object]) -> list[object]:
    return [value for value, count in Counter(values).items() if count > 1]


def test_register_holds_the_290_municipalities_with_their_ordinals() -> None:
    with (ROOT / "platform/samdrift/federation/municipality.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 290
    assert [int(row["ordinal"]) for row in rows] == list(range(290))
    assert (rows[0]["code"], rows[-1]["code"]) == ("0114", "2584")
    assert {row["code"]: row["name"] for row in rows}["1286"] == "Ystad"


def test_no_two_networks_overlap_or_share_a_tag_or_a_vnet(everyone: Federation) -> None:
    networks = [network for stack in everyone.stacks for network in networks_of(everyone, stack)]
    assert len(networks) == 6 + 2 * len(CODES)
    for family in ("ipv4", "ipv6"):
        prefixes = sorted(getattr(network, family) for network in networks)
        overlapping = [pair for pair in pairwise(prefixes) if pair[0].overlaps(pair[1])]
        assert overlapping == []
    assert duplicates([network.tag for network in networks]) == []
    assert duplicates([network.vnet for network in networks]) == []
    assert max(network.tag for network in networks) <= 4094


def test_no_two_guests_share_a_number_a_hardware_address_or_an_address(guests: tuple[Guest, ...]) -> None:
    legs = [leg for guest in guests for leg in guest.interfaces]
    assert len(guests) == len(hall.GUESTS) + 1 + 3 * len(CODES)  # and the vault
    assert duplicates([guest.vm_id for guest in guests]) == []
    assert duplicates([guest.name for guest in guests]) == []
    assert duplicates([leg.mac for leg in legs]) == []
    assert duplicates([leg.ipv4.ip for leg in legs]) == []
    assert duplicates([leg.ipv6.ip for leg in legs]) == []


def test_every_leg_lies_in_its_network_and_every_gateway_beside_it(
    networks: dict[str, Network], guests: tuple[Guest, ...]
) -> None:
    for guest in guests:
        for leg in guest.interfaces:
            assert (leg.ipv4.network, leg.ipv6.network) == (networks[leg.vnet].ipv4, networks[leg.vnet].ipv6)
            for gateway, network in ((leg.gateway4, leg.ipv4.network), (leg.gateway6, leg.ipv6.network)):
                assert gateway is None or gateway in network


@settings(max_examples=30)
@given(st.sets(st.sampled_from(CODES), min_size=1, max_size=5), st.sets(st.sampled_from(CODES), max_size=5))
def test_nothing_of_a_member_or_the_hall_moves_when_others_come_or_go(some: set[str], more: set[str]) -> None:
    before, after = (with_members(tuple(member(code) for code in sorted(codes))) for codes in (some, some | more))
    moved = set(all_guests(before)) - set(all_guests(after))
    assert moved == set()


@given(st.sampled_from(CODES))
def test_a_code_is_readable_in_its_ipv6_prefix_and_its_ipv4_lies_in_the_members_space(code: str) -> None:
    assert addressing.member6(code, ula="5a6d64").network_address.exploded.split(":")[2] == code
    assert any(addressing.member4(code).subnet_of(space) for space in addressing.member_space4())


@given(st.integers(min_value=1, max_value=423))
def test_host_numbers_read_alike_in_both_families(number: int) -> None:
    transit4, transit6 = IPv4Network("10.0.4.0/22"), addressing.hall6("5a6d64", "transit")
    assert int(addressing.host4(transit4, number).ip) - int(transit4.network_address) == number
    assert str(addressing.host6(transit6, number).ip).rsplit("::", maxsplit=1)[-1] == str(number)


def test_spaces_leave_out_the_hall_and_nothing_else() -> None:
    space4 = [*addressing.member_space4(), addressing.HALL4]
    assert [str(prefix) for prefix in collapse_addresses(space4)] == ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
    hall6 = addressing.member6("0000", ula="5a6d64")
    space6 = [*addressing.member_space6("5a6d64"), hall6]
    assert list(collapse_addresses(space6)) == [addressing.federation6("5a6d64")]
    assert not any(hall6.overlaps(prefix) for prefix in addressing.member_space6("5a6d64"))


def test_a_computer_that_a_check_plugs_in_takes_nobodys_address(
    networks: dict[str, Network], guests: tuple[Guest, ...]
) -> None:
    """Gateways stand in transit by their municipality's ordinal: one lost its IPv4 to a check's own computer."""
    for guest in guests:
        for leg in guest.interfaces:
            assert leg.ipv4.ip < networks[leg.vnet].ipv4[networks[leg.vnet].ipv4.num_addresses // 2]
    for one in networks.values():
        for _ in range(20):
            four, _six = free_addresses(one.ipv4, one.ipv6, taken=())
            assert IPv4Address(four) >= one.ipv4[one.ipv4.num_addresses // 2]


def test_unknown_code_has_no_ordinal() -> None:
    with pytest.raises(LookupError, match="9999"):
        municipality.ordinal("9999")


def test_plan_of_the_default_members_is_the_agreed_one() -> None:
    federation = default_federation()
    adm, ped = networks_of(federation, federation.stack("ystad"))
    assert (str(adm.ipv4), str(ped.ipv4)) == ("10.80.96.0/21", "10.80.104.0/21")
    assert (str(adm.ipv6), str(ped.ipv6)) == ("fd5a:6d64:1286:1::/64", "fd5a:6d64:1286:2::/64")
    assert [guest.vm_id for guest in all_guests(federation)[-3:]] == [128601, 128602, 128603]
