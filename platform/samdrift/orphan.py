"""What the engine's state still holds of guests that are gone.

The provider reads firewall options that are not set as options that have not changed. So when somebody removes a guest,
a refresh forgets the guest but keeps its firewall's options, the next run makes the guest anew, and its firewall stays
off without anyone seeing a difference. These options must be forgotten too: then they are made again with the guest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GUESTS = {"proxmoxve:index/containerLegacy:ContainerLegacy": "lxc", "proxmoxve:index/vmLegacy:VmLegacy": "qemu"}
"""Types of a guest -> what the API calls its kind."""
FIREWALL = "proxmoxve:firewall/"


def orphans(deployment: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the URNs to delete from a stack's state (`deployment` of `pulumi stack export`), last made first.

    They are the parts of guests' firewalls whose guest the state does not hold. The engine drops the references between
    them when it forgets the guest, so the guest's number decides.
    """
    resources = deployment.get("resources") or ()
    present = {number(one) for one in resources if one["type"] in GUESTS}
    parts = [one for one in resources if one["type"].startswith(FIREWALL) and number(one)]
    return tuple(one["urn"] for one in reversed(parts) if number(one) not in present)


def number(resource: Mapping[str, Any]) -> int:
    """Return the number of the guest that the resource is or belongs to; 0 where it is of none."""
    inputs = resource.get("inputs") or {}
    return int(inputs.get("vmId") or inputs.get("containerId") or 0)
