"""Starting, stopping, snapshots, clones, nodes without power, and HA."""

from typing import Any

import httpx
import pytest

from tests.lab_api.refusal import refused
from tests.lab_api.running import RunningLab, eventually


def test_start_stop_and_what_does_not_fit(lab: RunningLab, node: Any, make: Any) -> None:
    make(101)
    with refused(500, "CT 101 not running"):
        node.lxc(101).status.stop.post()
    assert lab.finish(node.lxc(101).status.start.post()) == "OK"
    with refused(500, "CT 101 already running"):
        node.lxc(101).status.start.post()
    assert lab.finish(node.lxc(101).status.stop.post()) == "OK"
    assert node.lxc(101).status.current.get()["status"] == "stopped"


def test_shutdown_of_a_deaf_container(lab: RunningLab, node: Any, make: Any) -> None:
    make(102, start=1)
    lab.machine.deaf.add(102)
    assert lab.finish(node.lxc(102).status.shutdown.post(timeout=1)) == "CT shutdown failed - got timeout"
    assert 102 in lab.machine.up
    assert lab.finish(node.lxc(102).status.shutdown.post(timeout=1, forceStop=1)) == "OK"
    assert 102 not in lab.machine.up


def test_a_failed_start_is_a_failed_task(lab: RunningLab, node: Any) -> None:
    lab.machine.fail_next = "start"
    assert lab.finish(node.lxc(101).status.start.post()) == "start was told to fail"
    assert filtered(lab) == set()


def filtered(lab: RunningLab) -> set[int]:
    """The containers whose interfaces the packet filter knows."""
    return {guest.vmid for guest in lab.machine.firewall.guests}


def test_what_runs_after_a_failed_start_stays_under_the_filter(lab: RunningLab, node: Any) -> None:
    lab.machine.fail_next = "start"
    lab.machine.undead.add(101)
    assert lab.finish(node.lxc(101).status.start.post()) == "start was told to fail"
    assert 101 in filtered(lab)
    assert lab.finish(node.lxc(101).status.stop.post()) == "OK"
    assert 101 not in filtered(lab)
    lab.machine.undead.clear()


def test_a_reboot_that_ends_after_the_shutdown_leaves_a_stopped_container(lab: RunningLab, node: Any) -> None:
    lab.finish(node.lxc(101).status.start.post())
    assert 101 in filtered(lab)
    lab.machine.fail_next = "start"
    assert lab.finish(node.lxc(101).status.reboot.post()) == "start was told to fail"
    assert node.lxc(101).status.current.get()["status"] == "stopped" and 101 not in filtered(lab)


def test_a_directory_has_no_snapshots(lab: RunningLab, node: Any) -> None:
    assert node.lxc(101).feature.get(feature="snapshot") == {"hasFeature": 0}
    assert lab.finish(node.lxc(101).snapshot.post(snapname="before")) == "snapshot feature is not available"


def test_snapshot_rollback_and_delete(lab: RunningLab, node: Any, make: Any) -> None:
    make(103, rootfs="tank:1", start=1)
    assert node.lxc(103).feature.get(feature="snapshot") == {"hasFeature": 1}
    assert lab.finish(node.lxc(103).snapshot.post(snapname="before", description="d")) == "OK"
    assert lab.finish(node.lxc(103).snapshot.post(snapname="before")) == "snapshot name 'before' already used"
    node.lxc(103).config.put(hostname="changed")
    shown = {entry["name"]: entry for entry in node.lxc(103).snapshot.get()}
    assert shown["current"]["parent"] == "before" and shown["before"]["description"] == "d"
    assert lab.finish(node.lxc(103).snapshot("before").rollback.post()) == "OK"
    assert node.lxc(103).config.get()["hostname"] == "ct103" and 103 not in lab.machine.up
    assert lab.finish(node.lxc(103).snapshot("before").delete()) == "OK"
    with refused(500, "snapshot 'before' does not exist"):
        node.lxc(103).snapshot("before").rollback.post()


def test_clone_gets_its_own_addresses(lab: RunningLab, node: Any) -> None:
    assert lab.finish(node.lxc(103).clone.post(newid=104, hostname="copy", full=1)) == "OK"
    old, new = node.lxc(103).config.get(), node.lxc(104).config.get()
    assert new["hostname"] == "copy" and new["rootfs"].startswith("tank:subvol-104-disk-0")
    assert old["net0"] != new["net0"]


def test_a_running_container_is_not_cloned_without_snapshot(lab: RunningLab, node: Any) -> None:
    lab.finish(node.lxc(103).status.start.post())
    with refused(500, "Cannot do full clones on a running container without snapshots"):
        node.lxc(103).clone.post(newid=105)


def test_a_template_does_not_start(lab: RunningLab, node: Any) -> None:
    node.lxc(104).template.post()
    with refused(500, "you can't start a CT if it's a template"):
        node.lxc(104).status.start.post()


def test_migration_needs_a_restart(lab: RunningLab, root: Any, node: Any) -> None:
    with refused(500, "cannot migrate running container without restart"):
        node.lxc(103).migrate.post(target="pve2")
    assert lab.finish(node.lxc(103).migrate.post(target="pve2", restart=1)) == "OK"
    assert root.nodes("pve2").lxc(103).status.current.get()["status"] == "running"


def power(lab: RunningLab, node: str, state: str, token: str | None = None) -> httpx.Response:
    """The lab's own call."""
    with lab.http(token) as client:
        return client.post(f"{lab.url}/pvelab/power", params={"node": node, "state": state})


def test_only_root_cuts_power(lab: RunningLab, root: Any) -> None:
    root.access.users.post(userid="other@pve")
    made = root.access.users("other@pve").token("cut").post()
    assert power(lab, "pve3", "off", f"{made['full-tokenid']}={made['value']}").status_code == 403
    assert power(lab, "pve3", "off", "").status_code == 401
    assert power(lab, "pve9", "off").status_code == 500


def test_a_node_without_power(lab: RunningLab, root: Any, make: Any) -> None:
    assert power(lab, "pve2", "off").status_code == 200
    assert 103 not in lab.machine.up
    assert {entry["node"]: entry["status"] for entry in root.nodes.get()}["pve2"] == "offline"
    with refused(595, "No route to host"):
        root.nodes("pve2").lxc.get()
    states = {entry["id"]: entry["status"] for entry in root.cluster.resources.get() if "status" in entry}
    assert states["lxc/103"] == "unknown"
    assert power(lab, "pve2", "on").status_code == 200
    assert root.nodes("pve2").lxc(103).status.current.get()["status"] == "stopped"


def test_a_container_that_does_not_stop_is_told_and_stays_under_the_filter(
    lab: RunningLab, root: Any, make: Any
) -> None:
    make(106, start=1)
    make(107, start=1)
    lab.machine.stuck.add(106)
    try:
        cut = power(lab, "pve1", "off")
        assert cut.status_code == 500 and "CT 106 does not stop" in cut.json()["message"]
        assert 107 not in lab.machine.up and 106 in filtered(lab)
        power(lab, "pve1", "on")
        with refused(500, "CT 106 does not stop"):
            root.nodes("pve1").status.post(command="shutdown")
    finally:
        lab.machine.stuck.clear()
        power(lab, "pve1", "on")
        lab.finish(root.nodes("pve1").lxc(106).status.stop.post())


def test_without_quorum_nothing_can_be_written(lab: RunningLab, root: Any) -> None:
    power(lab, "pve2", "off")
    power(lab, "pve3", "off")
    try:
        assert root.cluster.status.get()[0]["quorate"] == 0
        with refused(500, "cluster not ready - no quorum?"):
            root.pools.post(poolid="late")
        assert lab.proxmoxer().pools.get() == []
    finally:
        power(lab, "pve2", "on")
        power(lab, "pve3", "on")
    root.pools.post(poolid="late")


def test_onboot_containers_start_with_their_node(lab: RunningLab, root: Any) -> None:
    root.nodes("pve2").lxc(103).config.put(onboot=1)
    power(lab, "pve2", "off")
    power(lab, "pve2", "on")
    eventually(lambda: 103 in lab.machine.up, "103 runs again")


@pytest.fixture
def managed(lab: RunningLab, root: Any, make: Any) -> Any:
    """Container 110 on pve1 under HA, and its going after the test."""
    make(110, start=1)
    root.cluster.ha.resources.post(sid="ct:110", state="started")
    yield 110
    for name in [entry["rule"] for entry in root.cluster.ha.rules.get()]:
        root.cluster.ha.rules(name).delete()
    root.cluster.ha.resources("ct:110").delete()
    where = lab.lab.store.get("guest", "110")["node"]  # type: ignore[index]
    eventually(lambda: not lab.lab.tasks.active(), "tasks end")
    assert lab.finish(root.nodes(where).lxc(110).delete(force=1)) == "OK"


def where(lab: RunningLab) -> str:
    """The node of container 110."""
    return str(lab.lab.store.get("guest", "110")["node"])  # type: ignore[index]


def test_ha_recovers_within_a_strict_rule(lab: RunningLab, root: Any, managed: int) -> None:
    root.cluster.ha.rules.post(rule="pair", type="node-affinity", resources="ct:110", nodes="pve1:2,pve3:1", strict=1)
    power(lab, "pve1", "off")
    eventually(lambda: where(lab) == "pve3" and 110 in lab.machine.up, "110 runs on pve3")
    power(lab, "pve3", "off")
    eventually(lambda: 110 not in lab.machine.up, "110 stops")
    lab.lab.engine.look()
    assert where(lab) == "pve3" and 110 not in lab.machine.up, "pve2 is not in the rule"
    power(lab, "pve3", "on")
    power(lab, "pve1", "on")
    eventually(lambda: where(lab) == "pve1" and 110 in lab.machine.up, "110 is back at its first node")


def test_ha_restarts_what_died(lab: RunningLab, managed: int) -> None:
    lab.machine.up.pop(110)
    lab.lab.engine.wake()
    eventually(lambda: 110 in lab.machine.up, "110 runs again")


def test_stopping_under_ha_changes_the_wanted_state(lab: RunningLab, root: Any, managed: int) -> None:
    upid = root.nodes("pve1").lxc(110).status.stop.post()
    assert upid.split(":")[5] == "hastop" and lab.finish(upid) == "OK"
    assert root.cluster.ha.resources("ct:110").get()["state"] == "stopped"
    lab.lab.engine.look()
    assert 110 not in lab.machine.up


def test_a_container_under_ha_is_not_removed(lab: RunningLab, root: Any, managed: int) -> None:
    with refused(500, "used in HA resources and purge parameter not set"):
        root.nodes("pve1").lxc(110).delete(force=1)


def test_ha_refusals(root: Any, managed: int) -> None:
    with refused(500, "no such resource 'ct:999'"):
        root.cluster.ha.resources("ct:999").get()
    with refused(500, "cannot use unmanaged resource(s) ct:999"):
        root.cluster.ha.rules.post(rule="loose", type="node-affinity", resources="ct:999", nodes="pve1")
    with refused(500, "no such ha rule 'none'"):
        root.cluster.ha.rules("none").get()
    with refused(500, "cannot create group: ha groups have been migrated to rules"):
        root.cluster.ha.groups.post(group="g1", nodes="pve1")
    with refused(400, "Parameter verification failed", group="migrated to rules"):
        root.cluster.ha.resources("ct:110").put(group="g1")


def test_ha_status(root: Any, managed: int) -> None:
    shown = {entry["id"]: entry for entry in root.cluster.ha.status.current.get()}
    assert shown["quorum"]["quorate"] == 1 and shown["service:ct:110"]["node"] == "pve1"
