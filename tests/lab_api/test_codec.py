"""Property strings, lists, paths and numbers, for any input."""

import json
import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvelab.api.firewall.routes import move
from pvelab.api.lxc.models import FEATURE_SHAPE, NET_SHAPE, ROOTFS_SHAPE
from pvelab.schema import facts
from pvelab.schema.format import split_list
from pvelab.schema.property import PropertyError, parse, render, size_bytes, size_text
from pvelab.schema.verify import verify
from pvelab.task import parse_upid

WORD = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=12)
NET = st.fixed_dictionaries(
    {"name": WORD},
    optional={
        "bridge": WORD,
        "firewall": st.booleans(),
        "ip": st.one_of(
            st.sampled_from(["dhcp", "manual"]),
            st.builds(lambda a, n: f"{a}/{n}", st.ip_addresses(v=4), st.integers(0, 32)),
        ),
        "ip6": st.builds(lambda a, n: f"{a}/{n}", st.ip_addresses(v=6), st.integers(0, 128)),
        "mtu": st.integers(64, 65535),
        "link_down": st.booleans(),
        "rate": st.floats(0.25, 1000).map(lambda value: round(value, 2)),
    },
)


@given(NET)
def test_interfaces_survive_the_round_trip(values: dict[str, Any]) -> None:
    assert parse(NET_SHAPE, render(NET_SHAPE, values)) == values


@given(st.sampled_from(["volume=", ""]), WORD, st.integers(1, 1 << 20), st.booleans())
def test_root_disks_survive_the_round_trip(prefix: str, word: str, size: int, acl: bool) -> None:
    text = f"{prefix}tank:{word},size={size}G,acl={int(acl)}"
    values = parse(ROOTFS_SHAPE, text)
    assert values == {"volume": f"tank:{word}", "size": f"{size}G", "acl": acl}
    assert parse(ROOTFS_SHAPE, render(ROOTFS_SHAPE, values)) == values


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for shape in (NET_SHAPE, ROOTFS_SHAPE, FEATURE_SHAPE):
        try:
            values = parse(shape, text)
        except PropertyError:
            continue
        assert parse(shape, render(shape, values)) == values


@given(st.integers(0, 1 << 50))
def test_sizes_survive_the_round_trip(amount: int) -> None:
    assert size_bytes(size_text(amount)) == amount


@given(st.lists(WORD, max_size=8), st.sampled_from([",", ";", " ", "\0", ", "]))
def test_every_separator_splits(items: list[str], separator: str) -> None:
    assert split_list(separator.join(items)) == items


@given(st.lists(st.integers(), min_size=1, max_size=8), st.data())
def test_moving_keeps_every_rule(rules: list[int], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(rules) - 1))
    target = data.draw(st.integers(0, len(rules) + 2).filter(lambda number: number != position))
    moved = move(list(enumerate(rules)), position, target)
    assert sorted(moved) == list(enumerate(rules))
    rest = [entry for entry in moved if entry[0] != position]
    assert rest == sorted(rest)


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.lists(st.text(max_size=12), min_size=1, max_size=2)))
def test_any_parameters_are_checked_without_a_fault(raw: dict[str, list[str]]) -> None:
    params = facts.load()["/nodes/{node}/lxc"]["POST"].params
    values, errors = verify(params, raw)
    assert set(values) | set(errors) >= set(raw)
    json.dumps([values, errors])


@pytest.mark.parametrize("method", list(facts.methods()), ids=lambda method: f"{method.verb} {method.template}")
def test_every_template_leads_back_to_itself(method: facts.Method) -> None:
    filled = re.sub(r"\{(\w+)\}", r"x\1", method.template).strip("/").split("/")
    found = facts.find(filled)
    assert found is not None and found[0] == method.template
    assert set(found[1]) <= set(method.params)


@pytest.mark.parametrize(
    "text", ["UPID:pve1:1:2:3:x::root@pam:", "UPID::::::::", "UPID:pve1:00000001:00000001:00000001:a:b:c"]
)
def test_bad_upids(text: str) -> None:
    with pytest.raises(ValueError, match="unable to parse worker upid"):
        parse_upid(text)


def test_a_tokens_upid() -> None:
    upid = parse_upid("UPID:pve1:0000A1B2:00C0FFEE:6B05AF6B:vzcreate:101:stack@pve!ops:")
    assert (upid.node, upid.type, upid.id, upid.user) == ("pve1", "vzcreate", "101", "stack@pve!ops")
