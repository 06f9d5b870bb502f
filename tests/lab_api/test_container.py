"""Containers: creating, reading, changing and removing them."""

from typing import Any

import pytest

from tests.lab_api.refusal import refused
from tests.lab_api.running import OSTEMPLATE, RunningLab, eventually

NET = "bridge=svc,firewall=1,host-managed=0,ip=10.0.0.11/24,gw=10.0.0.1,ip6=fd00::11/64,name=eth0"


def test_create_and_start_in_one_task(lab: RunningLab, node: Any, vnet: str) -> None:
    upid = node.lxc.post(
        vmid=101, ostemplate=OSTEMPLATE, hostname="edge", rootfs="volume=tank:8", net0=NET, memory=256, cores=1, swap=0,
        unprivileged=1, start=1, onboot=1, tags="b;a", description="the edge", password="secret", features="nesting=1",
        **{"ssh-public-keys": "ssh-ed25519 AAAA a\nssh-ed25519 BBBB b\n"},
        nameserver="10.0.0.11 10.0.0.12", searchdomain="hall.example", cpulimit=0, console=1, tty=2, cmode="tty",
    )  # fmt: skip
    assert upid.split(":")[5:8] == ["vzcreate", "101", "root@pam"]
    assert lab.finish(upid) == "OK"
    made, started = lab.machine.named("create")[0], lab.machine.up[101]
    assert (made.root_password, made.ssh_keys) == ("secret", ("ssh-ed25519 AAAA a", "ssh-ed25519 BBBB b"))
    assert (started.hostname, started.memory_mib, started.swap_mib, started.disk_bytes) == ("edge", 256, 0, 8 << 30)
    assert (started.unprivileged, started.features, started.onboot) == (True, frozenset({"nesting"}), True)
    assert started.nameservers == ("10.0.0.11", "10.0.0.12")
    nic = started.nics[0]
    assert (nic.name, nic.bridge, nic.ip4cidr, nic.gw4, nic.ip6cidr, nic.firewall) == (
        "eth0", "svc", "10.0.0.11/24", "10.0.0.1", "fd00::11/64", True,
    )  # fmt: skip
    assert nic.mac.startswith("BC:24:11:")


def test_secrets_are_not_kept(lab: RunningLab) -> None:
    record = lab.lab.store.get("guest", "101")
    assert "secret" not in str(record) and "AAAA" not in str(record)


def test_config_comes_back_as_stored(node: Any) -> None:
    config = node.lxc(101).config.get()
    assert config["rootfs"] == "tank:subvol-101-disk-0,size=8G"
    assert config["net0"].startswith("name=eth0,bridge=svc,firewall=1,gw=10.0.0.1,")
    assert config["net0"].endswith("ip=10.0.0.11/24,ip6=fd00::11/64,type=veth")
    assert (config["tags"], config["description"], config["unprivileged"]) == ("a;b", "the edge\n", 1)
    assert "password" not in config and "start" not in config


def test_status_and_interfaces(node: Any) -> None:
    status = node.lxc(101).status.current.get()
    assert (status["status"], status["vmid"], status["name"], status["maxmem"]) == ("running", 101, "edge", 256 << 20)
    found = {entry["name"]: entry for entry in node.lxc(101).interfaces.get()}
    kinds = [(a["ip-address"], a["prefix"], a["ip-address-type"]) for a in found["eth0"]["ip-addresses"]]
    assert kinds == [("10.0.0.11", 24, "inet"), ("fd00::11", 64, "inet6")]


def test_defaults_of_the_real_one(lab: RunningLab, node: Any) -> None:
    assert lab.finish(node.lxc.post(vmid=102, ostemplate=OSTEMPLATE)) == "OK"
    config = node.lxc(102).config.get()
    assert (config["hostname"], config["memory"], config["swap"]) == ("CT102", 512, 512)
    assert config["rootfs"] == "local:102/vm-102-disk-0.raw,size=4G" and "unprivileged" not in config


@pytest.mark.parametrize(
    ("options", "status", "text"),
    [
        ({"vmid": 101}, 500, "CT 101 already exists on node 'pve1'"),
        ({"ostemplate": "local:vztmpl/none.tar.zst"}, 500, "volume 'local:vztmpl/none.tar.zst' does not exist"),
        ({"ostemplate": "nowhere:vztmpl/x.tar.zst"}, 500, "storage 'nowhere' does not exist"),
        ({"storage": "nowhere"}, 500, "storage 'nowhere' does not exist"),
        ({"mp0": "local:1,mp=/srv"}, 500, "mount points configured, but 'rootfs' not set - aborting"),
        ({"mp0": "local:1,mp=/srv", "rootfs": "local:1"}, 501, "not implemented: mp0"),
        ({"net0": "name=eth0,bridge=none,ip=dhcp"}, 500, "bridge 'none' does not exist"),
        ({"net0": "name=eth0,bridge=vmbr0"}, 501, "node's own bridge vmbr0"),
        ({"net0": "name=eth0,bridge=svc,tag=20"}, 501, "tag on net0"),
        ({"net0": "name=a,bridge=svc", "net1": "name=a,bridge=svc"}, 500, "interface name 'a' is used twice"),
        ({"features": "mount=nfs"}, 501, "feature mount"),
        ({"pool": "none"}, 403, "pool 'none' does not exist"),
        ({"arch": "arm64"}, 501, "arch=arm64"),
    ],
)
def test_refusals_of_create(node: Any, vnet: str, options: dict[str, Any], status: int, text: str) -> None:
    with refused(status, text):
        node.lxc.post(**{"vmid": 190, "ostemplate": OSTEMPLATE, **options})


def test_a_storage_that_holds_no_containers(root: Any, node: Any) -> None:
    root.storage.post(storage="isos", type="dir", path="/srv/isos", content="iso")
    with refused(400, "Parameter verification", storage="storage 'isos' does not support container directories"):
        node.lxc.post(vmid=190, ostemplate=OSTEMPLATE, storage="isos")


def test_a_failed_create_leaves_nothing_but_who_may_try_again(lab: RunningLab, root: Any, node: Any) -> None:
    """A client that gave itself access to the number before it asked for the guest would be refused the second time."""
    root.pools.post(poolid="half")
    root.access.acl.put(path="/vms/191", roles="PVEAuditor", users="root@pam")
    lab.machine.fail_next = "create"
    upid = node.lxc.post(vmid=191, ostemplate=OSTEMPLATE, pool="half")
    assert lab.finish(upid) == "create was told to fail"
    assert node.tasks(upid).log.get()[-1]["t"] == "TASK ERROR: create was told to fail"
    assert root.pools("half").get()["members"] == []
    with refused(500, "Configuration file 'nodes/pve1/lxc/191.conf' does not exist"):
        node.lxc(191).config.get()
    assert [one["path"] for one in root.access.acl.get()] == ["/vms/191"]
    root.access.acl.put(path="/vms/191", roles="PVEAuditor", users="root@pam", delete=1)


def test_a_container_being_made_is_locked(lab: RunningLab, node: Any) -> None:
    lab.machine.gate.clear()
    upid = node.lxc.post(vmid=192, ostemplate=OSTEMPLATE)
    try:
        assert node.lxc(192).status.current.get()["lock"] == "create"
        with refused(500, "CT is locked (create)"):
            node.lxc(192).config.put(memory=256)
        with refused(500, "CT is locked (create)"):
            node.lxc(192).delete()
    finally:
        lab.machine.gate.set()
    assert lab.finish(upid) == "OK"
    assert "lock" not in node.lxc(192).status.current.get()


def test_memory_and_cores_change_on_the_running_one(lab: RunningLab, node: Any) -> None:
    node.lxc(101).config.put(memory=384, cores=2)
    limits = lab.machine.named("apply_limits")[-1]
    assert (limits.vmid, limits.memory_mib, limits.cores) == (101, 384, 2)
    assert not [entry for entry in node.lxc(101).pending.get() if "pending" in entry]


def test_a_network_change_waits_for_the_reboot(lab: RunningLab, node: Any) -> None:
    before = node.lxc(101).config.get()["net0"]
    node.lxc(101).config.put(net0="name=eth0,bridge=svc,firewall=1,ip=10.0.0.99/24")
    config = node.lxc(101).config.get()
    assert "ip=10.0.0.99/24" in config["net0"] and config["net0"].split("hwaddr=")[1][:17] in before
    waiting = {entry["key"]: entry for entry in node.lxc(101).pending.get() if "pending" in entry}
    assert list(waiting) == ["net0"] and "ip=10.0.0.11/24" in waiting["net0"]["value"]
    assert lab.finish(node.lxc(101).status.reboot.post(timeout=5)) == "OK"
    assert lab.machine.up[101].nics[0].ip4cidr == "10.0.0.99/24"


def test_deleting_options_that_are_not_there_is_fine(node: Any) -> None:
    node.lxc(101).config.put(delete="startup,net5", onboot=0)
    assert node.lxc(101).config.get()["onboot"] == 0


def test_an_empty_put_is_refused(node: Any) -> None:
    with refused(500, "no options specified"):
        node.lxc(101).config.put()


def test_a_stale_digest_is_refused(node: Any) -> None:
    stale = node.lxc(101).config.get()["digest"]
    node.lxc(101).config.put(description="newer", digest=stale)
    with refused(500, "detected modified configuration"):
        node.lxc(101).config.put(description="older", digest=stale)


def test_the_disk_grows_and_never_shrinks(lab: RunningLab, node: Any) -> None:
    assert lab.finish(node.lxc(101).resize.put(disk="rootfs", size="+1G")) == "OK"
    assert lab.machine.named("resize")[-1] == (101, 9 << 30)
    assert node.lxc(101).config.get()["rootfs"].endswith("size=9G")
    with refused(500, "unable to shrink disk size"):
        node.lxc(101).resize.put(disk="rootfs", size="8G")


def test_a_protected_or_running_container_is_not_removed(lab: RunningLab, node: Any) -> None:
    with refused(500, "unable to destroy CT 101 - container is running"):
        node.lxc(101).delete()
    node.lxc(101).config.put(protection=1)
    with refused(500, "can't remove CT 101 - protection mode enabled"):
        node.lxc(101).delete(force=1)
    node.lxc(101).config.put(protection=0)


def test_removing_takes_everything_along(lab: RunningLab, root: Any, node: Any) -> None:
    root.pools("half").put(vms="101")
    root.access.acl.put(path="/vms/101", roles="PVEAuditor", users="root@pam")
    node.lxc(101).firewall.options.put(enable=1)
    assert lab.finish(node.lxc(101).delete(force=1)) == "OK"
    eventually(lambda: 101 not in lab.machine.guests, "the disk is gone")
    assert root.pools("half").get()["members"] == [] and root.access.acl.get() == []
    assert node.lxc(101).firewall.options.get().get("enable") is None
    with refused(500, "Configuration file 'nodes/pve1/lxc/101.conf' does not exist"):
        node.lxc(101).status.current.get()
