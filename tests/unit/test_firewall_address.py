"""Address lists and IP sets of the lab's firewall, against a plain model of them."""

import doctest
import ipaddress
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvelab.firewall import address, macro, service
from pvelab.firewall.address import Names, ipset_addresses, merge, parse_element, render, resolve, subtract
from pvelab.firewall.model import FirewallError, Ipset, IpsetEntry

NAMES = Names(
    dc_aliases={"hall": "10.0.0.0/24", "both": "10.0.1.0/24"},
    dc_ipsets={"web": Ipset(name="web", entries=(IpsetEntry("10.1.0.0/16"), IpsetEntry("fd00::/8")))},
    guest_aliases={"both": "10.0.2.0/24"},
    guest_ipsets={"own": Ipset(name="own", entries=(IpsetEntry("dc/hall"),))},
)
small = st.tuples(st.integers(0, 63), st.integers(0, 63)).map(lambda pair: (min(pair), max(pair)))


def members(intervals: tuple[tuple[int, int], ...]) -> set[int]:
    """The numbers that intervals hold."""
    return {number for first, last in intervals for number in range(first, last + 1)}


@pytest.mark.parametrize("module", [address, macro, service])
def test_examples_in_docstrings(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted
    assert not result.failed


@given(st.lists(small))
def test_merge_keeps_the_members_and_is_minimal(intervals: list[tuple[int, int]]) -> None:
    merged = merge(intervals)
    assert members(merged) == members(tuple(intervals))
    assert all(left[1] + 1 < right[0] for left, right in itertools.pairwise(merged))


@given(st.lists(small), small)
def test_subtract_takes_exactly_the_hole(intervals: list[tuple[int, int]], hole: tuple[int, int]) -> None:
    assert members(subtract(merge(intervals), hole)) == members(tuple(intervals)) - members((hole,))


networks = st.tuples(st.integers(0, 255), st.integers(24, 32)).map(
    lambda pair: str(ipaddress.ip_network((0x0A000000 + pair[0], pair[1]), strict=False))
)


@given(st.dictionaries(networks, st.booleans(), max_size=8))
def test_the_most_specific_entry_of_an_ipset_decides(entries: dict[str, bool]) -> None:
    ipset = Ipset(name="s", entries=tuple(IpsetEntry(cidr=cidr, nomatch=nomatch) for cidr, nomatch in entries.items()))
    found = members(ipset_addresses(ipset, NAMES, where="test").v4)
    for number in range(0x0A000000, 0x0A000100):
        holding = [net for net in map(ipaddress.ip_network, entries) if ipaddress.ip_address(number) in net]
        deciding = max(holding, key=lambda net: net.prefixlen, default=None)
        assert (number in found) == (deciding is not None and not entries[str(deciding)])


@given(small)
def test_render_and_parse_are_inverse(interval: tuple[int, int]) -> None:
    shifted = (interval[0] + 0x0A000000, interval[1] + 0x0A000000)
    assert parse_element(render([shifted], 4)[0]) == (4, shifted)


@pytest.mark.parametrize(
    ("text", "v4", "v6"),
    [
        ("10.0.0.1", ["10.0.0.1"], []),
        ("10.0.0.0/24,10.0.1.0/24", ["10.0.0.0/23"], []),
        ("10.0.0.9-10.0.0.12", ["10.0.0.9-10.0.0.12"], []),
        ("fd5a:6d64::/32", [], ["fd5a:6d64::/32"]),
        ("fd5a::1", [], ["fd5a::1"]),
        ("+web", ["10.1.0.0/16"], ["fd00::/8"]),
        ("+dc/web", ["10.1.0.0/16"], ["fd00::/8"]),
        ("+guest/own", ["10.0.0.0/24"], []),
        ("dc/hall", ["10.0.0.0/24"], []),
        ("HALL", ["10.0.0.0/24"], []),
        ("both", ["10.0.2.0/24"], []),
        ("dc/both, +own", ["10.0.0.0/23"], []),
    ],
)
def test_resolve(text: str, v4: list[str], v6: list[str]) -> None:
    found = resolve(text, NAMES, where="rule")
    assert (render(found.v4, 4), render(found.v6, 6)) == (v4, v6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("+gone", "rule: no such IPSet 'gone'"),
        ("+guest/web", "rule: no such IPSet 'guest/web'"),
        ("nowhere", "rule: no such alias 'nowhere'"),
        ("10.0.0.256", "rule: '10.0.0.256' is no address"),
        ("10.0.0.9-10.0.0.1", "rule: '10.0.0.9-10.0.0.1' is no address"),
        ("10.0.0.9-fd00::1", "is no address"),
    ],
)
def test_resolve_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(FirewallError) as error:
        resolve(text, NAMES, where="rule")
    assert said in str(error.value)


def test_link_local_of_a_mac() -> None:
    assert address.link_local("BC:24:11:00:00:65") == "fe80::be24:11ff:fe00:65"
