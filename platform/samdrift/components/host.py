"""A host: its guest on the hypervisor, container or virtual machine, its entry in the access list, its firewall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from samdrift.components.container import declare_container
from samdrift.components.entry import declare_entry
from samdrift.components.firewall import GuestFirewall
from samdrift.components.machine import declare_machine
from samdrift.federation.derived import FirewallRule, Guest
from samdrift.federation.record import Hypervisor


@dataclass(frozen=True)
class Placement:
    """What all guests of a stack share.

    `keys` are OpenSSH public keys of those who may enter first; `administration` declares the entries of `user`, with
    `role`; `operation` the guests.
    """

    pool: pulumi.Input[str]
    user: pulumi.Input[str]
    role: pulumi.Input[str]
    hypervisor: Hypervisor
    keys: tuple[str, ...]
    administration: pulumi.ProviderResource
    operation: pulumi.ProviderResource


class Host(pulumi.ComponentResource):
    """One guest with its firewall."""

    machine: pulumi.CustomResource
    """The container or VM."""

    def __init__(
        self,
        name: str,
        *,
        guest: Guest,
        rules: Sequence[FirewallRule],
        placement: Placement,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        opts = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(providers=[placement.operation]), opts)
        super().__init__("samdrift:guest:Host", name, {}, opts)
        below = pulumi.ResourceOptions(parent=self)
        hypervisor, storage = placement.hypervisor, placement.hypervisor.storage.guests
        entry = declare_entry(
            guest,
            user=placement.user,
            role=placement.role,
            storage=storage,
            opts=pulumi.ResourceOptions(
                parent=self, provider=placement.administration, depends_on=[placement.operation]
            ),
        )
        made = pulumi.ResourceOptions(parent=self, depends_on=[entry], replace_with=[entry])
        if guest.kind == "lxc":
            self.machine = declare_container(
                guest,
                pool=placement.pool,
                storage=storage,
                template=hypervisor.template,
                keys=placement.keys,
                opts=made,
            )
        else:
            self.machine = declare_machine(
                guest, pool=placement.pool, storage=storage, image=hypervisor.image, keys=placement.keys, opts=made
            )
        GuestFirewall(name, guest=guest, rules=rules, follows=[entry, self.machine], opts=below)
        self.register_outputs({"vm_id": self.machine.id})
