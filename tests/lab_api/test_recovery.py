"""What a lab is after its daemon has ended, by will or by `kill -9`."""

from pathlib import Path

import pytest

from pvelab.task import INTERRUPTED
from tests.lab_api.recorder import RecordingMachine
from tests.lab_api.running import OSTEMPLATE, TEMPLATE, RunningLab, eventually, running_lab

NET = "name=eth0,bridge=svc,ip=10.0.0.11/24,firewall=1"


def prepare(lab: RunningLab) -> None:
    """A VNet and a running container with firewall."""
    root = lab.proxmoxer()
    root.cluster.sdn.zones.post(zone="hall", type="vlan", bridge="vmbr0")
    root.cluster.sdn.vnets.post(vnet="svc", zone="hall", tag=10)
    lab.finish(root.cluster.sdn.put())
    made = root.nodes("pve1").lxc.post(vmid=101, ostemplate=OSTEMPLATE, net0=NET, start=1, onboot=1)
    assert lab.finish(made) == "OK"
    root.cluster.firewall.options.put(enable=1)
    root.nodes("pve1").lxc(101).firewall.options.put(enable=1)


def test_a_restart_adopts_what_runs_and_restores_networks_and_firewall(tmp_path: Path) -> None:
    with running_lab(tmp_path) as lab:
        prepare(lab)
        token, machine = lab.token, lab.machine
    again = RecordingMachine(machine.cache)
    again.guests, again.up = machine.guests, machine.up
    with running_lab(tmp_path, again) as lab:
        assert lab.token == token
        root = lab.by_token(token)
        assert root.nodes("pve1").lxc(101).status.current.get()["status"] == "running"
        assert again.named("start") == [] and [vnet.id for vnet in again.vnets] == ["svc"]
        assert again.firewall.enable and [guest.vmid for guest in again.firewall.guests] == [101]


def test_a_half_made_container_is_cleared_and_its_task_failed(tmp_path: Path) -> None:
    with running_lab(tmp_path) as lab:
        prepare(lab)
        lab.machine.gate.clear()
        upid = lab.proxmoxer().nodes("pve1").lxc.post(vmid=102, ostemplate=OSTEMPLATE)
        eventually(lambda: upid in lab.lab.tasks.active(), "the task runs")
        stuck = lab.machine
    again = RecordingMachine(stuck.cache)
    again.guests = {**stuck.guests, 102: stuck.guests[101]}
    with running_lab(tmp_path, again) as lab:
        tasks = lab.proxmoxer().nodes("pve1").tasks
        assert tasks(upid).status.get()["exitstatus"] == INTERRUPTED
        assert tasks(upid).log.get()[-1]["t"] == f"TASK ERROR: {INTERRUPTED}"
        assert again.named("destroy") == [102]
        assert lab.lab.store.get("guest", "102") is None


def test_a_stopped_one_is_not_started_by_a_restart(tmp_path: Path) -> None:
    with running_lab(tmp_path) as lab:
        prepare(lab)
        cache = lab.machine.cache
    with running_lab(tmp_path, RecordingMachine(cache)) as lab:
        current = lab.proxmoxer().nodes("pve1").lxc(101).status.current.get()
        assert current["status"] == "stopped" and lab.machine.named("start") == []


def test_after_a_reboot_of_the_machine_onboot_containers_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_lab(tmp_path) as lab:
        prepare(lab)
        cache = lab.machine.cache
    other = tmp_path / "boot_id"
    other.write_text("another boot")
    monkeypatch.setattr("pvelab.daemon._BOOT_ID", other)
    with running_lab(tmp_path, RecordingMachine(cache)) as lab:
        eventually(lambda: 101 in lab.machine.up, "101 starts")


def test_the_template_of_a_new_recipe_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    with running_lab(tmp_path) as lab:
        shown = lab.lab.settings.state / "storage/local/template/cache"
        old = tmp_path / "old.tar.zst"
        old.touch()
        (shown / TEMPLATE).unlink()
        (shown / TEMPLATE).symlink_to(old)
        (shown / "debian-12-standard_12.0-1_amd64.tar.zst").symlink_to(old)
        (shown / "mine_1_amd64.tar.zst").touch()
        machine = lab.machine
    with running_lab(tmp_path, machine) as lab:
        assert sorted(file.name for file in shown.iterdir()) == [TEMPLATE, "mine_1_amd64.tar.zst"]
        assert (shown / TEMPLATE).readlink() == machine.templates()[0]


def test_a_lock_left_behind_is_freed(tmp_path: Path) -> None:
    with running_lab(tmp_path) as lab:
        prepare(lab)
        record = lab.lab.store.get("guest", "101")
        assert record is not None
        lab.lab.store.put("guest", "101", {**record, "lock": "snapshot"})
        machine = lab.machine
    with running_lab(tmp_path, machine) as lab:
        lab.proxmoxer().nodes("pve1").lxc(101).config.put(description="free")


def test_old_tasks_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_lab(tmp_path) as lab:
        prepare(lab)
        machine = lab.machine
        assert len(lab.lab.store.items("task")) == 2
    monkeypatch.setattr("pvelab.task._KEPT", 1)
    with running_lab(tmp_path, machine) as lab:
        assert [upid.split(":")[5] for upid in lab.lab.store.items("task")] == ["vzcreate"]
        assert len(list((lab.lab.settings.state / "tasks").iterdir())) == 1
