"""Backups made, pruned and restored."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvelab.api.backup.archive import keep
from tests.lab_api.refusal import refused
from tests.lab_api.running import RunningLab, eventually


@pytest.fixture(scope="module")
def archive(lab: RunningLab, node: Any, make: Any) -> str:
    """A backup of container 101."""
    make(101, memory=256, tags="a", rootfs="tank:3")
    upid = node.vzdump.post(vmid="101", storage="local", mode="snapshot", compress="zstd", **{"notes-template": "n"})
    assert upid.split(":")[5:7] == ["vzdump", "101"]
    assert lab.finish(upid) == "OK", node.tasks(upid).log.get()
    found = node.storage("local").content.get(content="backup")
    assert [(entry["vmid"], entry["notes"]) for entry in found] == [(101, "n")]
    return str(found[0]["volid"])


def test_restore_as_another_container(lab: RunningLab, node: Any, archive: str) -> None:
    upid = node.lxc.post(vmid=102, ostemplate=archive, restore=1, unique=1, hostname="again", storage="local")
    assert upid.split(":")[5] == "vzrestore" and lab.finish(upid) == "OK"
    old, new = node.lxc(101).config.get(), node.lxc(102).config.get()
    assert (new["memory"], new["tags"], new["unprivileged"], new["hostname"]) == (256, "a", 1, "again")
    assert new["rootfs"] == "local:102/vm-102-disk-0.raw,size=3G"
    assert new["net0"] != old["net0"]
    assert lab.machine.named("create")[-1].template.name.startswith("vzdump-lxc-101-")


def test_restore_over_itself_needs_force_and_a_stopped_container(lab: RunningLab, node: Any, archive: str) -> None:
    with refused(500, "CT 101 already exists on node 'pve1'"):
        node.lxc.post(vmid=101, ostemplate=archive, restore=1)
    lab.finish(node.lxc(101).status.start.post())
    with refused(500, "can't overwrite running container"):
        node.lxc.post(vmid=101, ostemplate=archive, restore=1, force=1)
    lab.finish(node.lxc(101).status.stop.post())
    node.lxc(101).config.put(memory=1024)
    assert lab.finish(node.lxc.post(vmid=101, ostemplate=archive, restore=1, force=1)) == "OK"
    assert node.lxc(101).config.get()["memory"] == 256


def test_a_failed_backup_leaves_nothing_and_no_lock(lab: RunningLab, node: Any, archive: str) -> None:
    lab.machine.fail_next = "export"
    assert lab.finish(node.vzdump.post(vmid="101", storage="local")) == "job errors"
    assert len(node.storage("local").content.get(content="backup")) == 1
    assert "lock" not in node.lxc(101).status.current.get()


def test_backup_needs_the_right(lab: RunningLab, root: Any, archive: str) -> None:
    root.access.users.post(userid="saver@pve", password="password-1")
    root.access.acl.put(path="/storage/local", roles="PVEDatastoreUser", users="saver@pve")
    saver = lab.proxmoxer("saver@pve", password="password-1")
    with refused(403, "Permission check failed (/vms/101, VM.Backup)"):
        saver.nodes("pve1").vzdump.post(vmid="101", storage="local")


def test_what_cannot_be_dumped(node: Any, archive: str) -> None:
    with refused(500, "unable to find VM '999' on node 'pve1'"):
        node.vzdump.post(vmid="999", storage="local")
    with refused(500, "not configured for content-type 'backup'"):
        node.vzdump.post(vmid="101", storage="tank")
    with refused(501, "compress=lzo"):
        node.vzdump.post(vmid="101", storage="local", compress="lzo")


def test_pruning_keeps_what_the_rule_says(lab: RunningLab, node: Any, archive: str) -> None:
    options = {"vmid": "101", "storage": "local", "prune-backups": "keep-last=1"}
    before = {entry["volid"] for entry in node.storage("local").content.get(content="backup")}
    eventually(lambda: time.strftime("%S") != archive[-10:-8], "archives are named by the second")
    assert lab.finish(node.vzdump.post(**options)) == "OK"
    after = {entry["volid"] for entry in node.storage("local").content.get(content="backup")}
    assert len(after) == 1 and not after & before


HOURS = st.lists(st.integers(0, 24 * 400), unique=True, min_size=1, max_size=40).map(
    lambda hours: [1_700_000_000.0 + hour * 3600 for hour in hours]
)


@given(HOURS, st.integers(1, 5), st.integers(0, 9))
def test_keep_holds_the_newest_and_no_more_than_asked(times: list[float], last: int, daily: int) -> None:
    kept = keep(times, f"keep-last={last},keep-daily={daily}")
    assert kept <= set(times)
    assert set(sorted(times, reverse=True)[:last]) <= kept
    assert len(kept) <= last + daily
    days = {time.strftime("%F", time.localtime(moment)) for moment in times}
    assert len({time.strftime("%F", time.localtime(moment)) for moment in kept}) >= min(daily, len(days))


@given(HOURS)
def test_keep_all(times: list[float]) -> None:
    assert keep(times, "keep-all=1") == set(times)
