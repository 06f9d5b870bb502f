"""Fixtures: one lab for a module, and what most tests start from."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab_api.running import OSTEMPLATE, RunningLab, running_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A lab without guests."""
    with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="module")
def root(lab: RunningLab) -> Any:
    """proxmoxer, signed in as root@pam with its password."""
    return lab.proxmoxer()


@pytest.fixture(scope="module")
def node(root: Any, lab: RunningLab) -> Any:
    """proxmoxer at the first node."""
    return root.nodes(lab.node)


@pytest.fixture(scope="module")
def vnet(lab: RunningLab, root: Any) -> str:
    """An applied VNet `svc` in zone `hall`."""
    root.cluster.sdn.zones.post(zone="hall", type="vlan", bridge="vmbr0")
    root.cluster.sdn.vnets.post(vnet="svc", zone="hall", tag=10)
    assert lab.finish(root.cluster.sdn.put()) == "OK"
    return "svc"


@pytest.fixture(scope="module")
def make(lab: RunningLab, node: Any, vnet: str) -> Any:
    """Create a container and wait for it: `make(101, start=1)`."""

    def create(vmid: int, **options: Any) -> int:
        given = {"ostemplate": OSTEMPLATE, "rootfs": "local:1", "unprivileged": 1, "hostname": f"ct{vmid}"}
        given["net0"] = f"name=eth0,bridge={vnet},ip=10.0.0.{vmid % 250}/24,firewall=1"
        assert lab.finish(node.lxc.post(vmid=vmid, **{**given, **options})) == "OK"
        return vmid

    return create
