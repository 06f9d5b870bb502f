"""Zones, VNets and subnets: what is wanted, and what runs."""

from typing import Any

import httpx
import pytest

from tests.lab_api.refusal import refused
from tests.lab_api.running import RunningLab


@pytest.fixture(scope="module")
def sdn(root: Any) -> Any:
    """proxmoxer at /cluster/sdn."""
    return root.cluster.sdn


def apply(lab: RunningLab, sdn: Any) -> str:
    """Apply and wait."""
    upid = sdn.put()
    assert upid.split(":")[5] == "reloadnetworkall"
    return lab.finish(upid)


def test_new_changed_and_deleted_show_until_applied(lab: RunningLab, sdn: Any) -> None:
    sdn.zones.post(zone="adm", type="vlan", bridge="vmbr1")
    assert sdn.zones("adm").get(pending=1)["state"] == "new"
    assert sdn.zones("adm").get(pending=1)["pending"] == {"bridge": "vmbr1"}
    assert apply(lab, sdn) == "OK"
    assert "state" not in sdn.zones("adm").get(pending=1)
    sdn.zones("adm").put(mtu=1400)
    shown = sdn.zones("adm").get(pending=1)
    assert (shown["state"], shown["pending"], shown.get("mtu")) == ("changed", {"mtu": 1400}, None)
    assert "mtu" not in sdn.zones("adm").get(running=1)
    apply(lab, sdn)
    sdn.zones("adm").put(delete="mtu")
    assert sdn.zones("adm").get(pending=1)["pending"] == {"mtu": "deleted"}
    sdn.rollback.post()
    assert sdn.zones("adm").get()["mtu"] == 1400


def test_a_vnet_is_a_network_only_after_apply(lab: RunningLab, sdn: Any) -> None:
    sdn.vnets.post(vnet="a1286", zone="adm", tag=1042, alias="Ystad adm", **{"isolate-ports": 1})
    assert lab.machine.named("apply_networks")[-1] == ()
    assert "bridge_ports vmbr1.1042" in sdn("dry-run").get(node="pve1")["interfaces-diff"]
    assert apply(lab, sdn) == "OK"
    vnet = lab.machine.vnets[0]
    assert (vnet.id, vnet.zone, vnet.tag, vnet.isolate_ports, vnet.mtu) == ("a1286", "adm", 1042, True, 1400)
    shown = sdn.vnets("a1286").get()
    assert {key: shown[key] for key in ("vnet", "zone", "type", "tag", "alias")} == {
        "vnet": "a1286", "zone": "adm", "type": "vnet", "tag": 1042, "alias": "Ystad adm",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "status", "text", "errors"),
    [
        ({"vnet": "a1286"}, 500, "sdn vnet object ID 'a1286' already defined", {}),
        ({"zone": "none"}, 500, "sdn 'none' does not exist", {}),
        ({"tag": 1042}, 400, "Parameter", {"tag": "tag 1042 already exist in vnet a1286 in zone adm"}),
        ({"tag": None}, 400, "Parameter", {"tag": "missing vlan tag"}),
        ({"tag": 5000}, 400, "Parameter", {"tag": "max value"}),
        ({"vnet": "toolongname"}, 400, "Parameter", {"vnet": "more length than 8 characters"}),
        ({"vnet": "no-dash"}, 400, "Parameter", {"vnet": "illegal characters"}),
        ({"vlanaware": 1}, 501, "vlanaware", {}),
    ],
)
def test_vnet_refusals(sdn: Any, options: dict[str, Any], status: int, text: str, errors: dict[str, str]) -> None:
    wanted = {"vnet": "b1", "zone": "adm", "tag": 1043, **options}
    with refused(status, text, **errors):
        sdn.vnets.post(**{key: value for key, value in wanted.items() if value is not None})


def test_zone_refusals(sdn: Any) -> None:
    with refused(501, "zone type 'simple'"):
        sdn.zones.post(zone="s1", type="simple")
    with refused(500, "sdn zone object ID 'adm' already defined"):
        sdn.zones.post(zone="adm", type="vlan", bridge="vmbr1")
    with refused(500, "sdn 'none' does not exist"):
        sdn.zones("none").get()
    with refused(500, "zone adm is used by vnet a1286"):
        sdn.zones("adm").delete()


def test_a_zone_on_an_unknown_bridge_fails_to_apply(lab: RunningLab, sdn: Any) -> None:
    sdn.zones.post(zone="ped", type="vlan", bridge="vmbr9")
    assert apply(lab, sdn) == "zone 'ped': bridge 'vmbr9' does not exist"
    assert "ped" not in [zone["zone"] for zone in sdn.zones.get(running=1)]
    sdn.zones("ped").delete()


def test_a_subnet_is_a_record_without_gateway(sdn: Any) -> None:
    subnets = sdn.vnets("a1286").subnets
    subnets.post(subnet="10.80.96.0/21", type="subnet")
    subnets.post(subnet="fd5a:6d64:1286:1::/64", type="subnet")
    assert [entry["id"] for entry in subnets.get()] == ["adm-10.80.96.0-21", "adm-fd5a:6d64:1286:1::-64"]
    assert subnets("adm-10.80.96.0-21").get()["cidr"] == "10.80.96.0/21"
    for option in (
        {"gateway": "10.80.104.1"},
        {"snat": 1},
        {"dhcp-range": "start-address=10.0.0.1,end-address=10.0.0.9"},
    ):
        with refused(501, next(iter(option))):
            subnets.post(subnet="10.80.104.0/21", type="subnet", **option)
    with refused(500, "Can't delete vnet if subnets exists"):
        sdn.vnets("a1286").delete()
    for name in ("adm-10.80.96.0-21", "adm-fd5a:6d64:1286:1::-64"):
        subnets(name).delete()
    with refused(500, "sdn subnet 'adm-10.80.96.0-21' does not exist"):
        subnets("adm-10.80.96.0-21").get()


def test_a_failed_apply_keeps_what_ran(lab: RunningLab, sdn: Any) -> None:
    sdn.vnets("a1286").delete()
    lab.machine.fail_next = "apply_networks"
    assert apply(lab, sdn) == "apply_networks was told to fail"
    assert [vnet["vnet"] for vnet in sdn.vnets.get(running=1)] == ["a1286"]
    assert sdn.vnets("a1286").get(pending=1)["state"] == "deleted"
    assert apply(lab, sdn) == "OK"
    assert lab.machine.vnets == ()


def test_the_lock_keeps_others_out(lab: RunningLab, sdn: Any) -> None:
    token = sdn.lock.post()
    with refused(500, "invalid lock token provided!"):
        sdn.zones("adm").delete()
    with refused(500, "already locked"):
        sdn.lock.post()
    with lab.http() as client:
        answer: httpx.Response = client.delete("/cluster/sdn/zones/adm", params={"lock-token": token})
    assert answer.status_code == 200
    sdn.lock.delete(**{"lock-token": token})
    assert apply(lab, sdn) == "OK"


def test_nodes_list_what_runs(lab: RunningLab, root: Any, sdn: Any) -> None:
    sdn.zones.post(zone="hall", type="vlan", bridge="vmbr0", nodes="pve1,pve2")
    sdn.vnets.post(vnet="svc", zone="hall", tag=10)
    apply(lab, sdn)
    assert [entry["zone"] for entry in root.nodes("pve1").sdn.zones.get()] == ["hall"]
    assert root.nodes("pve3").sdn.zones.get() == []
    assert [entry["vnet"] for entry in root.nodes("pve1").sdn.zones("hall").content.get()] == ["svc"]
    assert "svc" in [entry["iface"] for entry in root.nodes("pve1").network.get(type="any_bridge")]
