"""A guest's own entry in the access list, without which its stack's token cannot make it.

The right to set tags is asked for on the guest's own path, whatever pool it is put into (assert_tag_permissions in
pve-guest-common), and Proxmox drops the entry together with the guest. So where a guest must be made anew its entry is
replaced, before deletion, and takes the guest along: guest gone, entry gone, entry made, guest made.
"""

from __future__ import annotations

import pulumi
import pulumi_proxmoxve as proxmoxve

from samdrift.federation.derived import Guest


def declare_entry(
    guest: Guest,
    *,
    user: pulumi.Input[str],
    role: pulumi.Input[str],
    storage: str,
    opts: pulumi.ResourceOptions,
) -> proxmoxve.Acl:
    """Declare the entry. What it depends on must include the provider that deletes the guest."""
    return proxmoxve.Acl(
        guest.name,
        path=f"/vms/{guest.vm_id}",
        role_id=role,
        user_id=user,
        propagate=True,
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                # Everything that cannot be changed in a guest that is there.
                replacement_trigger=f"{guest.kind} {guest.node} {storage} {guest.unprivileged}",
                delete_before_replace=True,
            ),
        ),
    )
