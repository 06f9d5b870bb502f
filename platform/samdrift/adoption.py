"""What an ended run of the engine left open: creations that it began and whose end it did not see.

The hypervisor may have made the thing after the engine died. `pulumi refresh --import-pending-creates` of engine 3.256
drops such an entry without reading it, and the next run fails on "already exists". So the entry becomes a resource of
the state here, with the id that follows from its inputs, and the refresh that comes next reads it, or forgets it where
the hypervisor has no such thing. A guest is never made or deleted a second time because a state lacked it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ID_INPUT: Mapping[str, str] = {
    "proxmoxve:backup/job:Job": "resourceId",
    "proxmoxve:index/containerLegacy:ContainerLegacy": "vmId",
    "proxmoxve:index/poolLegacy:PoolLegacy": "poolId",
    "proxmoxve:index/roleLegacy:RoleLegacy": "roleId",
    "proxmoxve:index/userLegacy:UserLegacy": "userId",
    "proxmoxve:index/vmLegacy:VmLegacy": "vmId",
    "proxmoxve:sdn/vnet:Vnet": "resourceId",
    "proxmoxve:sdn/zone/vlan:Vlan": "resourceId",
}
"""Type -> the input that is its id. What is missing here can be made twice without harm (ACL entries, options, sets,
the apply of networks), is cleared first (`unrecorded`: rules), or has no id that follows from its inputs."""


def pending_creations(deployment: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the resources of a state (`deployment` of `pulumi stack export`) whose creation has no end in it."""
    operations = deployment.get("pending_operations") or ()
    return tuple(one["resource"] for one in operations if one["type"] == "creating")


def adopt(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state without open creations; those with an id that is known are resources of it."""
    adopted = [
        {**resource, "id": _id(resource), "outputs": dict(resource["inputs"])}
        for resource in pending_creations(deployment)
        if resource["type"] in ID_INPUT
    ]
    kept = [one for one in deployment.get("pending_operations") or () if one["type"] != "creating"]
    return {**deployment, "resources": [*(deployment.get("resources") or ()), *adopted], "pending_operations": kept}


def _id(resource: Mapping[str, Any]) -> str:
    value = resource["inputs"][ID_INPUT[resource["type"]]]
    return str(int(value)) if isinstance(value, float | int) else str(value)
