"""The datacenter firewall: management first, default drop last."""

from __future__ import annotations

from samdrift.components.datacenter import Datacenter
from tests.components.recording import of_type, only, record, waits_for

FOUND = record(
    lambda opts: Datacenter(
        "dc", management=["10.0.2.0/24", "fd00::/64"], address_sets={"members4": ["10.0.0.0/8"]}, opts=opts
    )
)


def test_management_may_reach_interface_and_ssh() -> None:
    rules = only(FOUND, ":RulesLegacy").props["rules"]
    assert [(r["type"], r["action"], r["source"], r["dport"]) for r in rules] == [
        ("in", "ACCEPT", "+management", "8006"),
        ("in", "ACCEPT", "+management", "22"),
    ]
    sets = {
        one.props["name"]: [c["name"] for c in one.props["cidrs"]] for one in of_type(FOUND, ":IpsetLegacy").values()
    }
    assert sets == {"management": ["10.0.2.0/24", "fd00::/64"], "members4": ["10.0.0.0/8"]}


def test_drop_comes_last() -> None:
    options = only(FOUND, ":FirewallLegacy")
    assert options.props["enabled"] is True and options.props["inputPolicy"] == "DROP"
    assert {"dc-rules", "dc-management"} <= waits_for(FOUND, options)
