"""Sabotages of NET-02: one broadcast domain too many for somebody."""

import secrets
import time
from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.sabotages.hand import guest_path, scene_of

BOOT = 60.0
"""Seconds within which a rebooted guest has its interface back."""


@sabotage(requirement="NET-02", name="school-guest-on-the-administrative-bridge")
def school_guest_on_the_administrative_bridge(target: Target) -> Iterator[None]:
    """A second network card "so that the teacher sees the files"."""
    with scene_of(target) as scene:
        member = scene.members[-1]
        path = guest_path(target, f"{member.key}-ped")
        bridge = scene.network("adm", member).vnet
        mac = f"02:{secrets.token_bytes(5).hex(':')}".upper()
        target.finish(target.call("PUT", f"{path}/config", net1=f"name=eth1,bridge={bridge},hwaddr={mac},type=veth"))
        try:
            if not plugged(scene.wall.ask("wire.ports", bridge=bridge), path):
                target.finish(target.call("POST", f"{path}/status/reboot"))
            deadline = time.monotonic() + BOOT
            while not plugged(scene.wall.ask("wire.ports", bridge=bridge), path):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{path} has no interface in {bridge} after {BOOT:g} s")
                time.sleep(0.5)
            yield
        finally:
            target.finish(target.call("PUT", f"{path}/config", delete="net1"))
            if plugged(scene.wall.ask("wire.ports", bridge=bridge), path):
                target.finish(target.call("POST", f"{path}/status/reboot"))


def plugged(ports: list[str], path: str) -> bool:
    """Whether the guest's second interface hangs on the bridge."""
    return f"veth{path.rpartition('/')[2]}i1" in ports


@sabotage(requirement="NET-02", name="networks-bridged")
def networks_bridged(target: Target) -> Iterator[None]:
    """A patch cable between two wall sockets."""
    with scene_of(target) as scene:
        one, other = (scene.network(name, scene.members[0]).vnet for name in ("adm", "ped"))
        cable = scene.wall.ask("wire.join", one=one, other=other)
        try:
            yield
        finally:
            scene.wall.ask("wire.cut", name=cable)
