"""The API over the real machine: containers that run, a killed daemon, a lab that leaves nothing. Needs root."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from proxmoxer import ProxmoxAPI

from pvelab.task import INTERRUPTED
from tests.lab_api.running import eventually

pytestmark = pytest.mark.lab
NAME = "test-api"


class RealLab:
    """A lab made by the `pvelab` command, with its state in a folder of the test."""

    def __init__(self, state: Path) -> None:
        self.environment = {**os.environ, "XDG_STATE_HOME": str(state)}

    def pvelab(self, *words: str, check: bool = True, name: str = NAME) -> str:
        """Run a verb; its output."""
        command = [sys.executable, "-m", "pvelab", words[0], "--name", name, *words[1:]]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=400, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def status(self, name: str = NAME) -> dict[str, Any]:
        """`pvelab status --json`."""
        return dict(json.loads(self.pvelab("status", "--json", name=name)))

    def client(self) -> Any:
        """proxmoxer with the lab's token."""
        found = self.status()
        value = Path(found["token_file"]).read_text().strip().partition("=")[2]
        return ProxmoxAPI(
            "127.0.0.1", port=found["port"], user="root@pam", token_name="lab", token_value=value,
            verify_ssl=found["ca_file"], timeout=60,
        )  # fmt: skip

    def finish(self, node: Any, upid: str) -> str:
        """Wait for a task; its exit status."""
        eventually(lambda: node.tasks(upid).status.get()["status"] == "stopped", upid)
        return str(node.tasks(upid).status.get()["exitstatus"])

    def host_key(self, address: str) -> str:
        """The ed25519 key by which SSH at the address is known at the desk."""
        words = ["enter", "--", "ssh-keyscan", "-t", "ed25519", address]
        return self.pvelab(*words).partition("ssh-ed25519 ")[2].split()[0]

    def answers(self, address: str) -> bool:
        """Whether somebody at the desk gets a connection to the address' SSH port."""
        program = f"import socket; socket.create_connection(({address!r}, 22), 1.5)"
        words = ["enter", "--", sys.executable, "-c", program]
        command = [sys.executable, "-m", "pvelab", words[0], "--name", NAME, *words[1:]]
        return subprocess.run(command, env=self.environment, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealLab]:
    """A lab with one network and the desk in it."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    lab = RealLab(tmp_path_factory.mktemp("real"))
    lab.pvelab("start", "--desk", "svc=10.9.0.2/24,fd09::2/64")
    try:
        root = lab.client()
        root.cluster.sdn.zones.post(zone="hall", type="vlan", bridge="vmbr0")
        root.cluster.sdn.vnets.post(vnet="svc", zone="hall", tag=10)
        assert lab.finish(root.nodes("pve1"), root.cluster.sdn.put()) == "OK"
        yield lab
    finally:
        lab.pvelab("stop", "--destroy")


@pytest.fixture(scope="module")
def guest(real: RealLab) -> Any:
    """A running container, and proxmoxer at it."""
    node = real.client().nodes("pve1")
    upid = node.lxc.post(
        vmid=101, ostemplate=real.status()["templates"][0], rootfs="tank:1", unprivileged=1, memory=128, start=1,
        hostname="one", net0="name=eth0,bridge=svc,firewall=1,ip=10.9.0.11/24,ip6=fd09::11/64",
    )  # fmt: skip
    assert real.finish(node, upid) == "OK", node.tasks(upid).log.get()
    return node.lxc(101)


def test_the_container_runs_and_answers(real: RealLab, guest: Any) -> None:
    status = guest.status.current.get()
    assert status["status"] == "running" and status["pid"] > 1

    def addresses() -> set[str]:
        return {a["ip-address"] for entry in guest.interfaces.get() for a in entry["ip-addresses"]}

    eventually(lambda: addresses() >= {"10.9.0.11", "fd09::11"}, "the guest has its addresses")
    eventually(lambda: real.answers("10.9.0.11") and real.answers("fd09::11"), "the guest answers")


def test_the_firewall_holds_when_the_answer_is_there(real: RealLab, guest: Any) -> None:
    root = real.client()
    root.cluster.firewall.options.put(enable=1)
    guest.firewall.options.put(enable=1, policy_in="DROP")
    assert not real.answers("10.9.0.11")
    guest.firewall.rules.post(type="in", action="ACCEPT", macro="SSH", enable=1)
    eventually(lambda: real.answers("10.9.0.11"), "the rule is in force")
    guest.firewall.rules(0).delete()
    root.cluster.firewall.options.put(enable=0)


def test_a_restored_container_is_who_it_was(real: RealLab, guest: Any) -> None:
    """People and programs know it by its host key; a new one belongs to a container made of a template."""
    node, key = real.client().nodes("pve1"), real.host_key("10.9.0.11")
    assert real.finish(node, node.vzdump.post(vmid="101", storage="local", mode="stop", compress="zstd")) == "OK"
    (image,) = node.storage("local").content.get(content="backup")
    eventually(lambda: real.answers("10.9.0.11"), "the guest answers after its backup")
    assert real.finish(node, guest.status.stop.post()) == "OK"
    upid = node.lxc.post(vmid=101, ostemplate=image["volid"], storage="tank", restore=1, force=1, start=1)
    assert real.finish(node, upid) == "OK", node.tasks(upid).log.get()
    eventually(lambda: real.answers("10.9.0.11"), "the guest answers after it was put back")
    assert real.host_key("10.9.0.11") == key


def test_a_killed_daemon_finds_its_guests_running(real: RealLab, guest: Any) -> None:
    before = guest.status.current.get()["pid"]
    os.kill(real.status()["pid"], signal.SIGKILL)
    eventually(lambda: not real.status()["alive"], "the daemon is gone")
    real.pvelab("start", "--desk", "svc=10.9.0.2/24,fd09::2/64")
    now = real.client().nodes("pve1").lxc(101).status.current.get()
    assert (now["status"], now["pid"]) == ("running", before)


def test_a_daemon_killed_while_it_makes_a_container_leaves_nothing_of_it(real: RealLab, guest: Any) -> None:
    node, found = real.client().nodes("pve1"), real.status()
    upid = node.lxc.post(vmid=102, ostemplate=found["templates"][0], rootfs="tank:1", unprivileged=1)
    os.kill(found["pid"], signal.SIGKILL)
    eventually(lambda: not real.status()["alive"], "the daemon is gone")
    real.pvelab("start", "--desk", "svc=10.9.0.2/24,fd09::2/64")
    node = real.client().nodes("pve1")
    assert node.tasks(upid).status.get()["exitstatus"] == INTERRUPTED
    assert [entry["vmid"] for entry in node.lxc.get()] == [101]
    upid = node.lxc.post(vmid=102, ostemplate=found["templates"][0], rootfs="tank:1", unprivileged=1)
    assert real.finish(node, upid) == "OK"
    assert real.finish(node, node.lxc(102).delete()) == "OK"


def test_snapshot_and_rollback(real: RealLab, guest: Any) -> None:
    node = real.client().nodes("pve1")
    assert real.finish(node, guest.snapshot.post(snapname="before")) == "OK"
    assert real.finish(node, guest.snapshot("before").rollback.post(start=1)) == "OK"
    assert node.lxc(101).status.current.get()["status"] == "running"
    assert real.finish(node, guest.snapshot("before").delete()) == "OK"


def test_a_node_without_power_and_ha(real: RealLab, guest: Any) -> None:
    root = real.client()
    root.cluster.ha.resources.post(sid="ct:101", state="started")
    subprocess.run(
        [sys.executable, "-m", "pvelab", "power", "off", "pve1", "--name", NAME], env=real.environment, check=True
    )
    where = lambda: {entry["vmid"]: entry for entry in root.cluster.resources.get(type="vm")}[101]  # noqa: E731
    eventually(lambda: where()["node"] != "pve1" and where()["status"] == "running", "101 runs elsewhere")
    subprocess.run(
        [sys.executable, "-m", "pvelab", "power", "on", "pve1", "--name", NAME], env=real.environment, check=True
    )
    eventually(lambda: real.answers("10.9.0.11"), "the guest answers")
    root.cluster.ha.resources("ct:101").delete()


def test_a_second_lab_gets_the_next_port(real: RealLab) -> None:
    other = "test-api2"
    try:
        real.pvelab("start", name=other)
        assert real.status(other)["port"] != real.status()["port"]
        assert real.status(other)["alive"] and real.status()["alive"]
    finally:
        real.pvelab("stop", "--destroy", name=other)
    assert not real.status(other)["alive"]


def test_the_api_listens_on_loopback_only(real: RealLab) -> None:
    shown = subprocess.run(["ss", "-ltnpH"], capture_output=True, text=True, check=True).stdout
    own = [line for line in shown.splitlines() if f"pid={real.status()['pid']}," in line]
    assert own and all("127.0.0.1:" in line.split()[3] for line in own), own


def test_destroy_leaves_nothing(real: RealLab, guest: Any) -> None:
    real.pvelab("stop", "--destroy")
    assert real.pvelab("gc", "--dry-run").strip() == ""
    assert not Path(f"/run/netns/pvelab-{NAME}").exists()
    assert f"pvelab/{NAME}" not in Path("/proc/self/mountinfo").read_text()
