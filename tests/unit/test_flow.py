"""From flows to rules: what is declared is let through all along its way, and some things never are."""

from functools import cache
from ipaddress import ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samdrift.federation import addressing, end, flow
from samdrift.federation.derived import Guest, Rule
from samdrift.federation.guest import all_guests
from samdrift.federation.network import hall_network, networks_of
from samdrift.federation.record import Federation, Flow, Member
from tests.unit.sample import CODES, default_federation, member, with_members

FLOWS = st.builds(
    Flow,
    name=st.just("any-flow"),
    source=st.lists(st.sampled_from(end.SELECTORS), min_size=1, max_size=4).map(tuple),
    target=st.lists(st.sampled_from(end.SELECTORS), min_size=1, max_size=4).map(tuple),
    protocol=st.sampled_from(["tcp", "udp"]),
    ports=st.just(("1-65535",)),
    why=st.just("whatever anybody may declare"),
)


parsed = cache(ip_network)
"""Few are different: one example's rules name them thousands of times."""


def overlaps(addresses: tuple[str, ...], prefixes: list[str]) -> bool:
    one, other = [parsed(a) for a in addresses if a[0] not in "@+"], [parsed(p) for p in prefixes]
    return any(a.version == b.version and a.overlaps(b) for a in one for b in other)


def ends(rule: Rule) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (*rule.saddr4, *rule.saddr6), (*rule.daddr4, *rule.daddr6)


def prefixes_of(federation: Federation, one: Member, name: str) -> list[str]:
    return [str(p) for n in networks_of(federation, one) if n.name == name for p in (n.ipv4, n.ipv6)]


@settings(max_examples=40)
@given(st.lists(FLOWS, max_size=4).map(tuple), st.sets(st.sampled_from(CODES), min_size=2, max_size=2))
def test_whatever_is_declared_some_ways_stay_shut(flows: tuple[Flow, ...], codes: set[str]) -> None:
    federation = with_members(tuple(member(code, flows=flows) for code in sorted(codes)), flows=flows)
    shut = [hall_network(federation, name) for name in ("mgt", "vault")]
    management = [str(prefix) for network in shut for prefix in (network.ipv4, network.ipv6)]
    networks = {one.key: [prefixes_of(federation, one, name) for name in ("adm", "ped")] for one in federation.members}
    for guest in all_guests(federation):
        own = next((one for one in federation.members if one.key == guest.member), None)
        for rule in flow.rules_of(federation, guest):
            sources, targets = ends(rule)
            # An empty list must never read as "any": a family is there with both ends or not at all.
            assert bool(rule.saddr4) == bool(rule.daddr4)
            assert bool(rule.saddr6) == bool(rule.daddr6)
            assert sources
            assert not {"0.0.0.0/0", "::/0"} & {*sources, *targets}
            for one in federation.members:
                adm, ped = networks[one.key]
                from_ped = overlaps(sources, ped) or "@ped" in sources or (guest.member and rule.from_ == "ped")
                to_adm = overlaps(targets, adm) or "@adm" in targets or (guest.member and rule.to == "adm")
                assert not (from_ped and to_adm)
                client = overlaps(sources, adm + ped) or {"@adm", "@ped"} & set(sources)
                assert not (client and overlaps(targets, management))
                if own is not None and one is not own:
                    assert not overlaps((*sources, *targets), adm + ped)
            if "edge" in guest.roles:
                assert not ({"@adm", "@ped"} & set(sources) and {"@adm", "@ped"} & set(targets))
                # The guest that plays the rest of the world in a lab is one address, the Internet all others.
                assert rule.from_ != "wan" or rule.to in ("dmz", "self") or rule.saddr4 == ("198.51.100.9/32",)


@pytest.mark.parametrize("name", end.SELECTORS)
def test_every_selector_resolves_on_every_guest(name: str) -> None:
    wanted = Flow(name="one", source=(name,), target=("svc",), protocol="tcp", ports=("80",), why="to be resolved")
    federation = with_members(default_federation().members, flows=(wanted,))
    assert all(flow.rules_of(federation, guest) for guest in all_guests(federation))


def steps(flow_name: str, guest_name: str) -> list[tuple[str, str]]:
    federation = default_federation()
    guest = next(guest for guest in all_guests(federation) if guest.name == guest_name)
    return [(rule.from_, rule.to) for rule in flow.rules_of(federation, guest) if rule.name == flow_name]


def test_directory_is_let_through_at_each_step_of_its_way() -> None:
    assert steps("directory-tcp", "ystad-adm") == [("self", "adm")]
    assert steps("directory-tcp", "ystad-gw") == [("adm", "transit"), ("ped", "transit")]
    assert steps("directory-tcp", "edge") == [("transit", "svc"), ("self", "svc")]
    # clients by edge, other hosts of the same network, edge itself; and a directory host asks the other
    assert steps("directory-tcp", "dc1") == [("svc", "self"), ("self", "svc")]
    assert steps("directory-tcp", "vault") == []


def test_a_member_without_the_service_has_no_way_to_it() -> None:
    federation = with_members((member("1286", services=()),))
    gateway = next(guest for guest in all_guests(federation) if guest.name == "m1286-gw")
    assert not [rule for rule in flow.rules_of(federation, gateway) if rule.name.startswith("directory")]


def test_guest_firewall_says_the_same_in_each_family() -> None:
    federation = default_federation()
    for guest in all_guests(federation):
        legs = {f"net{number}" for number in range(len(guest.interfaces))}
        for rule in flow.firewall_rules(federation, guest):
            assert rule.interface in legs
            assert rule.source
            assert rule.dest
            plain = [ip_network(a) for a in (*rule.source, *rule.dest) if not a.startswith("+")]
            assert {address.version for address in plain} <= {rule.family}
            named = {a[1:] for a in (*rule.source, *rule.dest) if a.startswith("+")}
            # A list of addresses or one set: to the hypervisor "+members4,10.0.4.0/22" is the name of no set.
            assert all(len(end) == 1 or not any(a.startswith("+") for a in end) for end in (rule.source, rule.dest))
            assert named <= set(flow.ip_sets(federation.hall))
            # The hypervisor takes 512 characters of addresses and 15 ports a rule, a range counting twice.
            assert max(len(",".join(rule.source)), len(",".join(rule.dest))) <= 512
            assert sum(1 + ("-" in ports) for ports in rule.ports) <= 15


def firewall(guest_name: str, flow_name: str) -> set[tuple[str, str, str, str]]:
    federation = default_federation()
    guest = next(guest for guest in all_guests(federation) if guest.name == guest_name)
    return {
        (rule.direction, guest.interfaces[int(rule.interface[3:])].name, ",".join(rule.source), ",".join(rule.dest))
        for rule in flow.firewall_rules(federation, guest)
        if rule.comment == flow_name and rule.family == 4
    }


def test_what_is_published_has_edges_address_on_the_internets_side() -> None:
    """There the hypervisor sees packets before edge has translated them, and on their way back after."""
    ns1, edge = "10.0.1.11/32", "198.51.100.1/32"
    own = ("out", "dmz", "10.0.1.1/32", ns1)
    assert firewall("edge", "public-names-udp") == {
        ("in", "wan", "+internet4", edge),
        ("out", "dmz", "+internet4", ns1),
        own,
    }
    assert firewall("ns1", "public-names-udp") == {("in", "dmz", source, ns1) for source in ("+internet4", own[2])}
    assert firewall("outside", "public-names-udp") == {("out", "wan", "198.51.100.9/32", edge)}


def test_what_goes_out_has_edges_address_on_the_internets_side() -> None:
    outwards = Flow(name="out", source=("svc",), target=("wan",), protocol="tcp", ports=("443",), why="to be seen")
    federation = with_members((), flows=(outwards,))
    guests = {guest.name: guest for guest in all_guests(federation)}
    sources = {
        (guest, rule.direction): rule.source
        for guest in ("edge", "outside")
        for rule in flow.firewall_rules(federation, guests[guest])
        if rule.comment == "out" and rule.family == 4
    }
    assert sources[("edge", "in")] == ("10.0.0.0/24",)
    assert sources[("edge", "out")] == sources[("outside", "in")] == ("198.51.100.1/32",)
    assert "10.0.0.0/24" not in guests["edge"].interface("wan").forwards


def forwards(guest: Guest, leg: str) -> set[str]:
    return set(guest.interface(leg).forwards)


def test_routers_forward_what_flows_need_and_end_hosts_nothing() -> None:
    federation = default_federation()
    guests = {guest.name: guest for guest in all_guests(federation)}
    own = {str(p) for n in networks_of(federation, federation.stack("ystad")) for p in (n.ipv4, n.ipv6)}
    assert forwards(guests["ystad-gw"], "transit") == own
    assert "10.0.0.11/32" in forwards(guests["ystad-gw"], "adm")
    assert not [leg for name in ("dc1", "outside", "ystad-adm") for leg in guests[name].interfaces if leg.forwards]
    assert {str(p) for p in addressing.member_space4()} <= forwards(guests["edge"], "svc")


def test_package_proxy_in_management_or_on_a_foreign_private_address_is_refused() -> None:
    assert end.forbidden("adm", "packages", packages="http://10.0.2.9:3142")
    assert end.unreachable_packages("http://10.80.96.9:3142")
    assert end.unreachable_packages("http://10.0.0.9:3142") is None
