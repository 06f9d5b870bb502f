"""Guests and their firewalls."""

from __future__ import annotations

import pulumi
import pulumi_proxmoxve as proxmoxve
import pytest

from samdrift.components.firewall import set_entries
from samdrift.components.host import Host, Placement
from samdrift.federation.derived import Guest
from samdrift.federation.flow import firewall_rules
from samdrift.federation.guest import all_guests
from samdrift.rehearsal import Rehearsal
from tests.components.recording import federation, lies_below, of_type, only, provider_of, record, waits_for

FEDERATION = federation()
GUESTS = {guest.name: guest for guest in all_guests(FEDERATION)}


def _host(guest: Guest, *, image: str | None = None) -> Rehearsal:
    rules = firewall_rules(FEDERATION, guest)

    def declare(opts: pulumi.ResourceOptions) -> Host:
        placement = Placement(
            pool="pool",
            user="user@pve",
            role="own",
            hypervisor=FEDERATION.hall.hypervisor.model_copy(update={"image": image}),
            keys=("ssh-ed25519 AAAA engineer",),
            administration=proxmoxve.Provider("administration", endpoint="https://rehearsal.invalid/"),
            operation=proxmoxve.Provider("operation", endpoint="https://rehearsal.invalid/"),
        )
        return Host(guest.name, guest=guest, rules=rules, placement=placement)

    return record(declare, stack=guest.stack)


def test_gateway_has_three_pinned_filtered_legs() -> None:
    found = _host(GUESTS["ystad-gw"])
    container = only(found, ":ContainerLegacy")
    assert container.props["vmId"] == 128601
    assert [(n["name"], n["bridge"], n["firewall"]) for n in container.props["networkInterfaces"]] == [
        ("transit", "transit", True),
        ("adm", "a1286", True),
        ("ped", "p1286", True),
    ]
    assert [n["macAddress"][-2:] for n in container.props["networkInterfaces"]] == ["90", "91", "92"]
    assert container.props["initialization"]["ipConfigs"][1] == {
        "ipv4": {"address": "10.80.96.1/21"},
        "ipv6": {"address": "fd5a:6d64:1286:1::1/64"},
    }
    assert container.props["unprivileged"] is True and container.props["features"] == {"nesting": True}
    assert provider_of(container) == "operation" and lies_below(found, container, "samdrift:guest:Host")


def test_directory_host_is_privileged_and_has_no_features() -> None:
    """Features of a privileged container need root@pam itself, which no token is."""
    container = only(_host(GUESTS["dc1"]), ":ContainerLegacy")
    assert container.props["unprivileged"] is False
    assert "features" not in container.props


@pytest.mark.parametrize(("name", "units"), [("dc1", 400), ("dc2", 400), ("edge", 400), ("mail", 100)])
def test_who_all_others_wait_for_goes_first(name: str, units: int) -> None:
    assert only(_host(GUESTS[name]), ":ContainerLegacy").props["cpu"]["units"] == units


@pytest.mark.parametrize("name", sorted(GUESTS))
def test_firewall_drops_both_ways_and_comes_after_its_rules(name: str) -> None:
    found = _host(GUESTS[name])
    options = only(found, ":OptionsLegacy")
    wanted = {"enabled": True, "inputPolicy": "DROP", "outputPolicy": "DROP", "macfilter": True, "ipfilter": True}
    assert {key: options.props[key] for key in wanted} == wanted
    assert {name, f"{name}-rules", *of_type(found, ":IpsetLegacy")} <= waits_for(found, options)
    assert len(only(found, ":RulesLegacy").props["rules"]) == len(firewall_rules(FEDERATION, GUESTS[name]))


@pytest.mark.parametrize("name", sorted(GUESTS))
def test_rules_fit_the_api(name: str) -> None:
    for rule in only(_host(GUESTS[name]), ":RulesLegacy").props["rules"]:
        assert rule["action"] == "ACCEPT" and rule["source"] and rule["dest"], rule
        assert max(len(rule["source"]), len(rule["dest"])) <= 512
        assert "-" not in rule["dport"] or rule["dport"] == "echo-request"
        families = {
            ":" in address for end in ("source", "dest") for address in rule[end].split(",") if address[0] != "+"
        }
        assert len(families) <= 1, "one rule never mixes IPv4 and IPv6"


def test_a_guest_that_must_be_made_anew_takes_its_entry_along() -> None:
    """Proxmox drops the entry with the guest, and without it the new guest's tags are refused."""
    guest = GUESTS["ystad-gw"]
    found = _host(guest)
    entry, container = only(found, ":Acl"), only(found, ":ContainerLegacy")
    assert entry.props["path"] == "/vms/128601" and provider_of(entry) == "administration"
    assert "operation" in waits_for(found, entry), "the old guest is deleted when the entry's turn comes"
    assert container.replaced_with == {entry.urn} and entry.urn in container.dependencies
    for one in (*of_type(found, ":IpsetLegacy").values(), only(found, ":RulesLegacy"), only(found, ":OptionsLegacy")):
        assert one.replaced_with == {entry.urn, container.urn}

    def trigger(**changes: object) -> str:
        return str(only(_host(guest.model_copy(update=changes)), ":Acl").trigger)

    assert trigger() == trigger(memory_mib=4096)
    assert len({trigger(), trigger(node="pve2"), trigger(unprivileged=False)}) == 3


def test_only_routers_send_for_others() -> None:
    sets = {name: of_type(_host(guest), ":IpsetLegacy") for name, guest in GUESTS.items()}
    assert {name for name, found in sets.items() if found} == {
        "edge",
        *(f"{member.key}-gw" for member in FEDERATION.members),
    }
    transit = sets["ystad-gw"]["ystad-gw-ipfilter-net0"].props
    assert transit["name"] == "ipfilter-net0"
    assert {"10.80.96.0/21", "10.80.104.0/21"} <= {entry["name"] for entry in transit["cidrs"]}


def test_no_set_holds_everything_in_one_entry() -> None:
    assert set_entries(["::/0", "10.0.0.0/8"]) == ("::/1", "8000::/1", "10.0.0.0/8")


def test_virtual_machine_has_the_same_firewall() -> None:
    guest = GUESTS["dc1"].model_copy(update={"kind": "vm"})
    found = _host(guest, image="local:import/debian-13-genericcloud-amd64.qcow2")
    machine = only(found, ":VmLegacy")
    assert machine.props["networkDevices"][0]["firewall"] is True
    assert machine.props["networkDevices"][0]["macAddress"] == guest.interfaces[0].mac
    assert only(found, ":OptionsLegacy").props["vmId"] == 111
    assert not of_type(found, ":ContainerLegacy")


@pytest.mark.usefixtures("swept")
def test_virtual_machine_without_an_image_is_refused() -> None:
    with pytest.raises(ValueError, match=r"dc1 is a virtual machine, and hypervisor\.image is not set"):
        _host(GUESTS["dc1"].model_copy(update={"kind": "vm"}))
