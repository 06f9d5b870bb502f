"""The hall's stack: the zones and networks of all, the cluster's firewall, edge, directory hosts, in a lab outside.

It names no member: one that joins or leaves changes no resource here.
"""

from __future__ import annotations

import pulumi

from samdrift.components.datacenter import Datacenter
from samdrift.components.fabric import Fabric
from samdrift.federation.flow import ip_sets
from samdrift.federation.network import hall_network, networks_of, zones_of
from samdrift.federation.record import Federation
from samdrift.stack.installation import Installation
from samdrift.stack.tenant import Tenant


def build(federation: Federation, *, installation: Installation) -> None:
    """Declare the hall. Exports `hosts`, and for the other stacks `zones` and `networks`."""
    hall = federation.hall
    tenant = Tenant.settle(federation, hall, installation=installation)
    networks, management = networks_of(federation, hall), hall_network(federation, "mgt")
    fabric = Fabric(hall.name, networks=networks, zones=zones_of(hall), opts=tenant.administered())
    datacenter = Datacenter(
        hall.name,
        management=[str(one) for one in (management.ipv4, management.ipv6, *hall.hypervisor.management)],
        address_sets=ip_sets(hall),
        opts=tenant.administered(),
    )
    tenant.hosts(after=[fabric, datacenter])
    tenant.backup()
    tenant.export()
    pulumi.export("zones", fabric.zones)
    pulumi.export("networks", {network.name: fabric.vnets[network.vnet] for network in networks})
