"""Look, before anything is made, whether the nodes have what new guests are made from.

Without it the provider says only that "the requested resource does not exist", after the rest of the stack is made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pulumi
import pulumi_proxmoxve as proxmoxve

from samdrift.federation.derived import Guest
from samdrift.federation.record import Hypervisor
from samdrift.stack.installation import InstallationError


def require_templates(guests: Sequence[Guest], *, hypervisor: Hypervisor, provider: proxmoxve.Provider) -> None:
    """Return where the hypervisor answers and every node of these guests has their template or image.

    Raises: InstallationError.
    """
    _require_answer(provider)
    volumes = {"lxc": hypervisor.template, "vm": hypervisor.image}
    for node, volume in sorted({(guest.node, volumes[guest.kind] or "") for guest in guests}):
        if volume and volume not in _volumes(node, volume, provider=provider, only_it=True):
            there = ", ".join(_volumes(node, volume, provider=provider, only_it=False)) or "none"
            raise InstallationError(f"node {node} has no {volume}; of that kind it has: {there}")


def _require_answer(provider: proxmoxve.Provider) -> None:
    try:
        # A question that any token may ask and that the provider does not repeat: the one below it tries for a minute.
        proxmoxve.get_version(opts=pulumi.InvokeOptions(provider=provider))
    except Exception as error:  # the SDK has no narrower class for a call that failed
        raise InstallationError(f"the hypervisor does not answer to PROXMOX_VE_API_TOKEN: {_reason(error)}") from None


def _volumes(node: str, volume: str, *, provider: proxmoxve.Provider, only_it: bool) -> list[str]:
    storage, _, rest = volume.partition(":")
    content, _, name = rest.partition("/")
    try:
        found = proxmoxve.get_files(
            node_name=node,
            datastore_id=storage,
            content_type=content,
            file_name_regex=f"^{re.escape(name)}$" if only_it else None,
            opts=pulumi.InvokeOptions(provider=provider),
        )
    except Exception as error:  # the SDK has no narrower class for a call that failed
        raise InstallationError(
            f"the hypervisor does not say what storage {storage} of {node} holds: {_reason(error)}"
        ) from None
    return sorted(file.id for file in found.files)


def _reason(error: Exception) -> str:
    """Return the provider's own words out of the engine's around them."""
    return str(error).rpartition("returned an error: ")[2]
