"""What the engine's state still holds of guests that are gone.

The provider reads firewall options that are not set as options that have not changed. So when somebody removes a guest,
a refresh forgets the guest but keeps its firewall's options, the next run makes the guest anew, and its firewall stays
off without anyone seeing a difference. These options must be forgotten too: then they are made again with the guest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GUESTS = ("proxmoxve:index/containerLegacy:ContainerLegacy", "proxmoxve:index/vmLegacy:VmLegacy")
FIREWALL = "proxmoxve:firewall/"


def orphans(deployment: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the URNs to delete from a stack's state (`deployment` of `pulumi stack export`), last made first.

    They are the parts of guests' firewalls whose guest the state does not hold. The engine drops the references between
    them when it forgets the guest, so the guest's number decides.
    """
    resources = deployment.get("resources") or ()
    present = {_number(one) for one in resources if one["type"] in GUESTS}
    parts = [one for one in resources if one["type"].startswith(FIREWALL) and _number(one)]
    return tuple(one["urn"] for one in reversed(parts) if _number(one) not in present)


def _number(resource: Mapping[str, Any]) -> int:
    inputs = resource.get("inputs") or {}
    return int(inputs.get("vmId") or inputs.get("containerId") or 0)
