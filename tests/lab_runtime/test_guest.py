"""A guest's life on the machine: boot, limits, disk, power."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pvelab.runtime import preflight
from pvelab.runtime.errors import MachineError
from pvelab.runtime.machine import Machine
from pvelab.runtime.model import GuestSpec, VnetSpec
from tests.lab_runtime.conftest import VNETS, is_booted, nic, run_guest
from tests.lab_runtime.probe import must
from tests.waiting import wait_for

pytestmark = pytest.mark.lab

GUEST, PRIVILEGED, CLONE = 105, 106, 107


@pytest.fixture(scope="module")
def spec(make_spec: Callable[..., GuestSpec]) -> GuestSpec:
    return make_spec(
        GUEST,
        hostname="g105.test.example",
        nameservers=("10.77.1.200",), ssh_keys=("ssh-ed25519 AAAA test",), root_password="hemligt ord",
    )  # fmt: skip


@pytest.fixture(scope="module")
def lab(machine: Machine, spec: GuestSpec) -> Machine:
    run_guest(machine, spec)
    return machine


def test_boots_clean_with_both_families(lab: Machine) -> None:
    assert must(lab, GUEST, "systemctl", "list-units", "--failed", "--no-legend") == ""
    found = {interface.name: interface for interface in lab.interfaces(GUEST)}
    assert found["red"].mac == nic(GUEST).mac
    assert {"10.77.1.5", "fd77:1::5"} <= {address.ip for address in found["red"].addresses}
    with lab.namespace.connect("fd77:1::5", 22, timeout_s=5) as connection:
        assert connection.recv(99).startswith(b"SSH-2.0")


def test_the_guests_files_are_the_records(lab: Machine) -> None:
    assert must(lab, GUEST, "hostname", "-f").strip() == "g105.test.example"
    assert "10.77.1.5 g105.test.example g105" in must(lab, GUEST, "cat", "/etc/hosts")
    assert "nameserver 10.77.1.200" in must(lab, GUEST, "cat", "/etc/resolv.conf")
    assert must(lab, GUEST, "cat", "/root/.ssh/authorized_keys") == "ssh-ed25519 AAAA test\n"
    assert must(lab, GUEST, "stat", "-c", "%U:%G %a", "/root/.ssh/authorized_keys").strip() == "root:root 600"
    assert must(lab, GUEST, "grep", "^root:", "/etc/shadow").startswith("root:$6$")


def test_unprivileged_is_a_user_namespace_of_its_own(lab: Machine, make_spec: Callable[..., GuestSpec]) -> None:
    run_guest(lab, make_spec(PRIVILEGED, unprivileged=False, memory_mib=256))
    assert must(lab, GUEST, "cat", "/proc/self/uid_map").split() == ["0", "100000", "65536"]
    assert must(lab, PRIVILEGED, "cat", "/proc/self/uid_map").split() == ["0", "0", "4294967295"]
    # A file capability, which only its own user namespace honours, survived the shift of owners.
    assert lab.execute(GUEST, ["setpriv", "--reuid=65534", "ping", "-c1", "-W1", "127.0.0.1"])[0] == 0
    # Its root may not touch what belongs to the machine.
    assert lab.execute(GUEST, ["sysctl", "-w", "kernel.panic=1"])[0] != 0
    lab.stop(PRIVILEGED)
    lab.destroy(PRIVILEGED)


def test_snapshot_and_rollback(lab: Machine, spec: GuestSpec) -> None:
    must(lab, GUEST, "sh", "-c", "echo before > /root/word")
    lab.snapshot(GUEST, "first")
    must(lab, GUEST, "sh", "-c", "echo after > /root/word; rm /usr/bin/less; mv /etc/ssh /etc/hidden")
    with pytest.raises(MachineError, match="running"):
        lab.rollback(GUEST, "first")
    assert lab.shutdown(GUEST, 30)
    lab.rollback(GUEST, "first")
    lab.start(GUEST, spec, print)
    assert must(lab, GUEST, "cat", "/root/word") == "before\n"
    must(lab, GUEST, "ls", "/usr/bin/less", "/etc/ssh/sshd_config")
    lab.delete_snapshot(GUEST, "first")
    with pytest.raises(MachineError, match="snapshot 'first' does not exist"):
        lab.delete_snapshot(GUEST, "first")


def test_a_clone_is_another_host(lab: Machine, make_spec: Callable[..., GuestSpec]) -> None:
    must(lab, GUEST, "sh", "-c", "echo kept > /root/word")
    clone = make_spec(CLONE, disk_bytes=3 << 30)
    lab.clone(GUEST, clone, print)
    lab.start(CLONE, clone, print)
    wait_for(lambda: is_booted(lab, CLONE), what="the clone booted")
    assert must(lab, CLONE, "cat", "/root/word") == "kept\n"
    for file in ("/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key.pub", "/etc/hostname"):
        assert must(lab, CLONE, "cat", file) != must(lab, GUEST, "cat", file), file
    assert lab.status(CLONE).max_disk_bytes == 3 << 30
    lab.stop(CLONE)
    lab.destroy(CLONE)


def test_a_file_that_the_guest_keeps_for_itself_is_not_touched(lab: Machine, spec: GuestSpec) -> None:
    """The marker that a role sets before it writes the file itself."""
    must(lab, GUEST, "sh", "-c", "touch /etc/.pve-ignore.hosts; echo '127.0.0.1 localhost' > /etc/hosts")
    lab.reboot(GUEST, spec, print)
    assert must(lab, GUEST, "cat", "/etc/hosts") == "127.0.0.1 localhost\n"
    must(lab, GUEST, "rm", "/etc/.pve-ignore.hosts")
    lab.reboot(GUEST, spec, print)
    wait_for(lambda: is_booted(lab, GUEST), what="CT booted")
    assert "BEGIN PVE" in must(lab, GUEST, "cat", "/etc/hosts")


def test_the_administrators_lines_survive_a_restart(lab: Machine, spec: GuestSpec) -> None:
    must(
        lab,
        GUEST,
        "sh",
        "-c",
        "echo '192.0.2.1 printer' >> /etc/hosts; rm /etc/resolv.conf; ln -s /run/mine /etc/resolv.conf",
    )
    lab.reboot(GUEST, replace(spec, nics=(nic(GUEST), nic(GUEST, 1, "blue", gateway=False))), print)
    text = must(lab, GUEST, "cat", "/etc/hosts")
    assert "192.0.2.1 printer" in text
    assert text.count("BEGIN PVE") == 1
    assert must(lab, GUEST, "readlink", "/etc/resolv.conf").strip() == "/run/mine"
    wait_for(
        lambda: any(found.name == "blue" and found.addresses for found in lab.interfaces(GUEST)), what="second network"
    )


def test_a_guests_own_reboot_and_poweroff(lab: Machine) -> None:
    before = lab.status(GUEST).pid
    lab.execute(GUEST, ["reboot"])
    wait_for(lambda: lab.status(GUEST).pid not in (0, before), what="CT came back by itself")
    wait_for(
        lambda: any(found.name == "red" and found.addresses for found in lab.interfaces(GUEST)), what="its network"
    )
    with pytest.raises(MachineError, match="'blue' is in use by veth105i1"):
        lab.apply_networks(VNETS[:1])
    lab.execute(GUEST, ["poweroff"])
    wait_for(lambda: GUEST not in lab.running(), what="CT stays off")
    assert lab.namespace.run(["ip", "-brief", "link", "show", "type", "veth"]).stdout.count("veth105") == 0
    lab.apply_networks(VNETS[:1])
    lab.apply_networks((*VNETS, VnetSpec(id="green", zone="test", tag=12)))
    assert lab._networks.bridges() == {"red", "blue", "green"}


def test_refusals_are_one_sentence_and_leave_nothing(
    lab: Machine, spec: GuestSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(preflight, "free_disk", lambda where: preflight.GUEST_DISK + 1)
        with pytest.raises(MachineError, match=r"CT 108 beside 1 others that still grow needs .* MiB of disk"):
            lab.create(replace(spec, vmid=108), print)
    with pytest.raises(MachineError, match="bridge 'gone' does not exist"):
        lab.start(GUEST, replace(spec, nics=(replace(nic(GUEST), bridge="gone"),)), print)
    with pytest.raises(MachineError, match=r"template missing\.tar\.zst does not exist"):
        lab.create(replace(spec, vmid=108, template=spec.template.with_name("missing.tar.zst")), print)
    broken = lab.place.state / "broken.tar.zst"
    broken.write_bytes(b"nothing")
    with pytest.raises(MachineError, match="cannot be unpacked"):
        lab.create(replace(spec, vmid=108, template=broken), print)
    with pytest.raises(MachineError, match="already exists"):
        lab.create(spec, print)
    assert not lab.exists(108)
    assert not lab.place.guest(108).exists()
