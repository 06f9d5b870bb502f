"""A lab of its own for each test module: small guests on two networks, and nothing left of it afterwards."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pvelab.runtime.machine import Machine
from pvelab.runtime.model import DeskSpec, GuestSpec, NicSpec, VnetSpec
from tests.waiting import wait_for

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pvelab"
VNETS = (VnetSpec(id="red", zone="test", tag=10), VnetSpec(id="blue", zone="test", tag=11))
NETWORKS = {"red": ("10.77.1", "fd77:1"), "blue": ("10.77.2", "fd77:2")}


def nic(vmid: int, index: int = 0, vnet: str = "red", *, gateway: bool = True, firewall: bool = True) -> NicSpec:
    """Interface of a test guest: its addresses end in its number modulo 100, the gateway's in 1."""
    v4, v6 = NETWORKS[vnet]
    host = vmid % 100
    return NicSpec(
        index=index,
        name=vnet,
        bridge=vnet,
        mac=f"BC:24:11:77:{host:02X}:{index:02X}",
        ip4cidr=f"{v4}.{host}/24",
        ip6cidr=f"{v6}::{host}/64",
        gw4=f"{v4}.1" if gateway and host != 1 else None,
        gw6=f"{v6}::1" if gateway and host != 1 else None,
        firewall=firewall,
    )


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The standard template, built once per machine."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    return Machine(name="rt-template", state=tmp_path_factory.mktemp("template"), cache=CACHE).build_template(print)


@pytest.fixture(scope="module")
def machine(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, template: Path
) -> Iterator[Machine]:
    """An open lab with two networks and a desk in both."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    name = "rt-" + request.module.__name__.rpartition(".")[2].removeprefix("test_").replace("_", "-")
    desk = tuple(
        DeskSpec(vnet=vnet, addresses=(f"{v4}.200/24", f"{v6}::200/64")) for vnet, (v4, v6) in NETWORKS.items()
    )
    lab = Machine(name=name, state=tmp_path_factory.mktemp(name), cache=CACHE, desk=desk)
    lab.open(print)
    lab.apply_networks(VNETS)
    yield lab
    lab.close(destroy=True)


@pytest.fixture(scope="module")
def make_spec(template: Path) -> Callable[..., GuestSpec]:
    """A small guest; keywords replace fields."""

    def make(vmid: int, **fields: object) -> GuestSpec:
        defaults: dict[str, object] = {
            "vmid": vmid,
            "hostname": f"g{vmid}",
            "template": template,
            "disk_bytes": 1 << 30,
            "memory_mib": 256,
            "swap_mib": 0,
            "nics": (nic(vmid),),
        }
        return GuestSpec(**{**defaults, **fields})  # type: ignore[arg-type]

    return make


def run_guest(machine: Machine, spec: GuestSpec) -> None:
    """Create and start a guest, and wait until it has finished booting."""
    machine.create(spec, print)
    machine.start(spec.vmid, spec, print)
    wait_for(lambda: is_booted(machine, spec.vmid), what=f"CT {spec.vmid} booted")


def is_booted(machine: Machine, vmid: int) -> bool:
    """Whether the guest's init reached its target."""
    return machine.execute(vmid, ["systemctl", "is-system-running"])[1].strip() in ("running", "degraded")
