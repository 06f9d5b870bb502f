"""The part that all stacks have alike: standing on the hypervisor, the two providers, hosts, backup job, exports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_proxmoxve as proxmoxve

from samdrift.components.access import Access, Grant
from samdrift.components.backup import BackupJob
from samdrift.components.host import Host, Placement
from samdrift.federation.derived import Guest
from samdrift.federation.flow import firewall_rules
from samdrift.federation.guest import guests_of
from samdrift.federation.network import networks_of
from samdrift.federation.record import AnyStack, Federation
from samdrift.handover import host_records
from samdrift.stack.installation import Installation
from samdrift.stack.template import require_templates


@dataclass(frozen=True)
class Tenant:
    """One stack on the hypervisor.

    `administration` declares what belongs to the cluster (networks, cluster firewall, access, backup jobs);
    `operation`, with the stack's own token, declares the guests and their firewalls.
    """

    federation: Federation
    stack: AnyStack
    guests: tuple[Guest, ...]
    access: Access
    administration: proxmoxve.Provider
    operation: proxmoxve.Provider
    keys: tuple[str, ...]

    @classmethod
    def settle(cls, federation: Federation, stack: AnyStack, *, installation: Installation) -> Tenant:
        """Declare the stack's standing."""
        guests = guests_of(federation, stack)
        storage = federation.hall.hypervisor.storage
        zones = {n.vnet: n.zone for s in (federation.hall, stack) for n in networks_of(federation, s)}
        vnets = sorted({(zones[i.vnet], i.vnet) for guest in guests for i in guest.interfaces})
        grant = Grant(guests=guests, vnets=tuple(vnets), disks=storage.guests, templates=storage.templates)
        administration = installation.provider("administration")
        require_templates(guests, hypervisor=federation.hall.hypervisor, provider=administration)
        access = Access(stack.name, grant=grant, opts=pulumi.ResourceOptions(providers=[administration]))
        operation = installation.provider("operation", token=access.token, after=[access])
        return cls(federation, stack, guests, access, administration, operation, installation.keys)

    def administered(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Return the options of a component that the organisation's token declares."""
        return pulumi.ResourceOptions(providers=[self.administration], depends_on=list(after))

    def hosts(self, *, after: Iterable[pulumi.Resource]) -> None:
        """Declare the stack's hosts, once what they stand on is there."""
        placement = Placement(
            pool=self.access.pool,
            user=self.access.user,
            role=self.access.own_role,
            hypervisor=self.federation.hall.hypervisor,
            keys=self.keys,
            administration=self.administration,
            operation=self.operation,
        )
        waits: Sequence[pulumi.Resource] = list(after)
        for guest in self.guests:
            Host(
                guest.name,
                guest=guest,
                rules=firewall_rules(self.federation, guest),
                placement=placement,
                opts=pulumi.ResourceOptions(depends_on=waits),
            )

    def backup(self) -> None:
        """Declare the stack's backup job."""
        hall = self.federation.hall
        BackupJob(
            self.stack.name,
            backup=hall.backup,
            storage=hall.hypervisor.storage.backups,
            pool=self.access.pool,
            guests=self.guests,
            opts=self.administered(),
        )

    def export(self) -> None:
        """Hand the hosts over to those who make them."""
        records = host_records(self.federation, self.stack)
        pulumi.export("hosts", [record.model_dump(mode="json") for record in records])
