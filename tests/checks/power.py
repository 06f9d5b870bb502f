"""A guest's power, by the hypervisor's API. Refuses all but a lab."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from samdrift.compliance.target import confirm
from tests.checks.scene import Scene


@contextmanager
def switched_off(scene: Scene, guest: str) -> Iterator[None]:
    """Take the power from a guest, and give it back, also where the stop itself came to a bad end.

    Raises: NotALab before anything is touched; HypervisorError.
    """
    target, record = confirm(scene.state), scene.guests[guest]
    path = f"/nodes/{record.node}/lxc/{record.vm_id}/status"
    try:
        target.finish(target.call("POST", f"{path}/stop"))
        yield
    finally:
        target.finish(target.call("POST", f"{path}/start"))
