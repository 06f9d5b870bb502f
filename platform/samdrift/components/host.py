"""A host: its guest on the hypervisor, container or virtual machine, and the guest's firewall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from samdrift.components.container import declare_container
from samdrift.components.firewall import GuestFirewall
from samdrift.components.machine import declare_machine
from samdrift.federation.record import FirewallRule, Guest, Hypervisor


@dataclass(frozen=True)
class Placement:
    """What all guests of a stack share: pool, hypervisor, and who may enter them first (OpenSSH public keys)."""

    pool: pulumi.Input[str]
    hypervisor: Hypervisor
    keys: tuple[str, ...]


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
        super().__init__("samdrift:guest:Host", name, {}, opts)
        below = pulumi.ResourceOptions(parent=self)
        hypervisor, storage = placement.hypervisor, placement.hypervisor.storage.guests
        if guest.kind == "lxc":
            self.machine = declare_container(
                guest,
                pool=placement.pool,
                storage=storage,
                template=hypervisor.template,
                keys=placement.keys,
                opts=below,
            )
        else:
            self.machine = declare_machine(
                guest, pool=placement.pool, storage=storage, image=hypervisor.image, keys=placement.keys, opts=below
            )
        GuestFirewall(name, guest=guest, rules=rules, machine=self.machine, opts=below)
        self.register_outputs({"vm_id": self.machine.id})
