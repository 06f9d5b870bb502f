"""Zones and VNets, and the appliers around them."""

from __future__ import annotations

import pulumi

from samdrift.components.fabric import Fabric
from samdrift.federation.network import networks_of, zones_of
from tests.components.recording import federation, lies_below, of_type, provider_of, record, waits_for

FEDERATION = federation()
MEMBER = FEDERATION.stack("ystad")


def _hall(opts: pulumi.ResourceOptions) -> Fabric:
    return Fabric("h", networks=networks_of(FEDERATION, FEDERATION.hall), zones=zones_of(FEDERATION.hall), opts=opts)


def _member(opts: pulumi.ResourceOptions) -> Fabric:
    return Fabric("m", networks=networks_of(FEDERATION, MEMBER), existing={"adm": "adm", "ped": "ped"}, opts=opts)


def test_hall_declares_three_zones_on_three_uplinks_and_six_networks() -> None:
    found = record(_hall)
    assert {name: one.props["bridge"] for name, one in of_type(found, ":Vlan").items()} == {
        "adm": "vmbr1",
        "ped": "vmbr2",
        "hall": "vmbr0",
    }
    vnets = of_type(found, ":Vnet")
    assert sorted(vnets) == ["dmz", "mgt", "svc", "transit", "vaultnet", "wan"]
    assert {one.props["zone"] for one in vnets.values()} == {"hall"}


def test_member_declares_its_two_networks_in_the_halls_zones() -> None:
    found = record(_member)
    vnets = of_type(found, ":Vnet")
    assert {name: one.props["zone"] for name, one in vnets.items()} == {"a1286": "adm", "p1286": "ped"}
    assert vnets["p1286"].props["tag"] == vnets["a1286"].props["tag"] + 1
    assert not of_type(found, ":Vlan") and not of_type(found, ":Subnet")
    assert all(provider_of(one) == "given" for one in vnets.values())
    assert all(lies_below(found, one, "samdrift:network:Fabric") for one in vnets.values())


def test_networks_are_applied_after_they_are_made_and_after_they_are_gone() -> None:
    found = record(_hall)
    appliers = of_type(found, ":Applier")
    before, after = appliers["h-finalizer"], appliers["h-applier"]
    assert (before.props["onCreate"], before.props["onDestroy"]) == (False, True)
    assert (after.props["onCreate"], after.props["onDestroy"]) == (True, False)
    made = {*of_type(found, ":Vnet"), *of_type(found, ":Vlan")}
    assert made <= waits_for(found, after)
    for one in (*of_type(found, ":Vnet").values(), *of_type(found, ":Vlan").values()):
        assert "h-finalizer" in waits_for(found, one)


def test_both_appliers_run_again_when_a_network_changes() -> None:
    ystad = {one.name: one.trigger for one in of_type(record(_member), ":Applier").values()}
    hall = {one.name: one.trigger for one in of_type(record(_hall), ":Applier").values()}
    again = {one.name: one.trigger for one in of_type(record(_member), ":Applier").values()}
    assert ystad["m-applier"] == ystad["m-finalizer"] == again["m-applier"] != hall["h-applier"]
    assert "a1286" in str(ystad["m-applier"])
