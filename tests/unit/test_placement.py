"""Guests on nodes: those that stand in for each other apart, and nobody moved by a join."""

from hypothesis import given, settings
from hypothesis import strategies as st

from samdrift.federation import placement
from samdrift.federation.guest import all_guests
from tests.unit.sample import CODES, default_federation, member, with_members

NODES = st.lists(st.sampled_from([f"pve{number}" for number in range(1, 9)]), min_size=2, max_size=8, unique=True)


@settings(max_examples=30)
@given(NODES)
def test_directory_hosts_are_on_different_nodes_wherever_there_are_two(nodes: list[str]) -> None:
    federation = default_federation()
    hypervisor = federation.hall.hypervisor.model_copy(update={"nodes": tuple(nodes)})
    hall = federation.hall.model_copy(update={"hypervisor": hypervisor})
    guests = {guest.name: guest for guest in all_guests(federation.model_copy(update={"hall": hall}))}
    assert guests["dc1"].node != guests["dc2"].node
    assert {guest.node for guest in guests.values()} <= set(nodes)


@given(st.integers(min_value=0, max_value=500), NODES)
def test_place_is_one_of_the_nodes_and_the_same_each_time(offset: int, nodes: list[str]) -> None:
    assert placement.place(offset, nodes=nodes) == placement.place(offset, nodes=tuple(nodes))
    assert placement.place(offset, nodes=nodes) in nodes


def test_members_are_spread_over_the_nodes() -> None:
    guests = all_guests(with_members(tuple(member(code) for code in CODES)))
    gateways = [guest.node for guest in guests if "gateway" in guest.roles]
    counts = [gateways.count(node) for node in ("pve1", "pve2", "pve3")]
    assert max(counts) - min(counts) <= 1


def test_only_directory_hosts_in_containers_are_privileged_and_those_without_features() -> None:
    privileged = {guest.name: guest.nesting for guest in all_guests(default_federation()) if not guest.unprivileged}
    assert privileged == {"dc1": False, "dc2": False}


def test_directory_hosts_are_machines_where_the_hall_says_so() -> None:
    federation = default_federation()
    hypervisor = federation.hall.hypervisor.model_copy(update={"directory": "vm", "image": "local:import/debian.qcow2"})
    hall = federation.hall.model_copy(update={"hypervisor": hypervisor})
    kinds = {guest.name: guest.kind for guest in all_guests(federation.model_copy(update={"hall": hall}))}
    assert {name for name, kind in kinds.items() if kind == "vm"} == {"dc1", "dc2"}
