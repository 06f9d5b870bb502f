"""A stack's standing on the hypervisor: pool, roles, user, token and the paths the token may use.

Creates: one pool; the roles; one user without a password; its ACL entries; one token (`token`, a secret).
The token can make, change and remove the guests of its own pool and nothing else: networks, cluster firewall, access
and backup jobs stay with the organisation's token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_proxmoxve as proxmoxve

from samdrift.federation.derived import Guest

PRIVILEGES: Mapping[str, tuple[str, ...]] = {
    # Pool.Allocate: Proxmox asks for it on the pool that a new guest names. The rest is what making, changing, starting
    # and removing a container needs, and its firewall (VM.Config.Network).
    "guest": (
        "Pool.Allocate",
        "Pool.Audit",
        "VM.Allocate",
        "VM.Audit",
        "VM.Config.CPU",
        "VM.Config.Disk",
        "VM.Config.Memory",
        "VM.Config.Network",
        "VM.Config.Options",
        "VM.PowerMgmt",
    ),
    # What a virtual machine needs besides: cloud-init drive, hardware, its boot disk.
    "machine": ("VM.Config.CDROM", "VM.Config.Cloudinit", "VM.Config.HWType"),
    "network": ("SDN.Use",),
    "disk": ("Datastore.AllocateSpace", "Datastore.Audit"),
    "template": ("Datastore.Audit",),
    "own": ("VM.Audit", "VM.Config.Options"),  # see entry.py
    # A guest that somebody removed is in no pool any more. Without the right to look at its number the answer is 403
    # instead of "does not exist", and `pulumi refresh` ends with an error instead of seeing the drift.
    "audit": ("VM.Audit",),
}


@dataclass(frozen=True)
class Grant:
    """A stack's guests and what they touch: (zone, VNet) pairs, and ids of storages."""

    guests: tuple[Guest, ...]
    vnets: tuple[tuple[str, str], ...]
    disks: str
    templates: str

    def paths(self, *, pool: str) -> dict[str, str]:
        """Return the role of each ACL path."""
        storages = {f"/storage/{self.templates}": "template"} | {f"/storage/{self.disks}": "disk"}
        networks = {f"/sdn/zones/{zone}/{vnet}": "network" for zone, vnet in self.vnets}
        return {f"/pool/{pool}": "guest", "/vms": "audit"} | storages | networks

    def privileges(self, role: str) -> list[str]:
        """Return what a role may do, sorted as the hypervisor lists it."""
        has_machines = any(guest.kind == "vm" for guest in self.guests)
        extra = PRIVILEGES["machine"] if role == "guest" and has_machines else ()
        return sorted({*PRIVILEGES[role], *extra})


class Access(pulumi.ComponentResource):
    """Pool and token of one stack; `name` is the stack's name and becomes pool, user and prefix of the roles."""

    pool: pulumi.Output[str]
    """Id of the pool, known once it exists."""
    token: pulumi.Output[str]
    """`<user>!operation=<uuid>`, a secret."""
    user: pulumi.Output[str]
    """Id of the token's user."""
    own_role: pulumi.Output[str]
    """Id of the role that the user needs on each guest's own path, see `entry.py`."""

    def __init__(self, name: str, *, grant: Grant, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("samdrift:access:Access", name, {}, opts)
        below = pulumi.ResourceOptions(parent=self)
        comment = f"samdrift stack {name}"
        pool = proxmoxve.PoolLegacy(name, pool_id=name, comment=comment, opts=below)
        user = proxmoxve.UserLegacy(name, user_id=f"{name}@pve", comment=comment, enabled=True, opts=below)
        paths = grant.paths(pool=name)
        roles = {
            role: proxmoxve.RoleLegacy(
                f"{name}-{role}", role_id=f"{name}.{role}", privileges=grant.privileges(role), opts=below
            )
            for role in sorted({*paths.values(), "own"})
        }

        for path, role in paths.items():
            proxmoxve.Acl(
                f"{name}{path.replace('/', '-')}",
                path=path,
                role_id=roles[role].role_id,
                user_id=user.user_id,
                propagate=True,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[pool]),
            )
        token = proxmoxve.user.Token(
            f"{name}-operation",
            token_name="operation",
            user_id=user.user_id,
            comment=comment,
            # The user exists for this token alone and has no password: its rights are the token's.
            privileges_separation=False,
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["value"]),
        )
        self.pool, self.user, self.own_role = pool.pool_id, user.user_id, roles["own"].role_id
        self.token = pulumi.Output.secret(token.value)
        self.register_outputs({"pool": self.pool, "token": self.token, "user": self.user})
