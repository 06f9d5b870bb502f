"""The networks of a stack: SDN zones (the hall's), VNets with their tags, and the two appliers around them.

SDN changes wait until they are applied, for the whole cluster at once. `applier` applies after the VNets are declared;
`finalizer` is made before them and so is removed after them: it applies their deletion. Both are replaced, and so apply
again, when the declared networks change: an applier has no properties that would show the change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_proxmoxve as proxmoxve

from samdrift.federation.derived import Network, Zone


class Fabric(pulumi.ComponentResource):
    """Zones and VNets, applied."""

    zones: dict[str, pulumi.Output[str]]
    """Ids of the zones declared here, by name."""
    vnets: dict[str, pulumi.Output[str]]
    """Ids of the VNets, by id: usable as bridges once this component is done."""

    def __init__(
        self,
        name: str,
        *,
        networks: Sequence[Network],
        zones: Sequence[Zone] = (),
        existing: Mapping[str, pulumi.Input[str]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`zones` are declared here, `existing` are those of another stack: ids by name."""
        super().__init__("samdrift:network:Fabric", name, {}, opts)
        trigger = _fingerprint(networks=networks, zones=zones)
        finalizer = proxmoxve.sdn.Applier(
            f"{name}-finalizer",
            on_create=False,
            on_destroy=True,
            opts=pulumi.ResourceOptions(parent=self, replacement_trigger=trigger),
        )
        after = pulumi.ResourceOptions(parent=self, depends_on=[finalizer], delete_before_replace=True)
        declared = {
            zone.name: proxmoxve.sdn.zone.Vlan(zone.name, resource_id=zone.name, bridge=zone.bridge, opts=after)
            for zone in zones
        }
        self.zones = {zone: resource.resource_id for zone, resource in declared.items()}
        ids: Mapping[str, pulumi.Input[str]] = {**(existing or {}), **self.zones}
        vnets = {
            network.vnet: proxmoxve.sdn.Vnet(
                network.vnet,
                resource_id=network.vnet,
                zone=ids[network.zone],
                tag=network.tag,
                alias=f"{network.member or 'hall'} {network.name}",
                opts=after,
            )
            for network in networks
        }
        self.vnets = {vnet: resource.resource_id for vnet, resource in vnets.items()}
        proxmoxve.sdn.Applier(
            f"{name}-applier",
            on_create=True,
            on_destroy=False,
            opts=pulumi.ResourceOptions(
                parent=self, replacement_trigger=trigger, depends_on=[*declared.values(), *vnets.values()]
            ),
        )
        self.register_outputs({"zones": self.zones, "vnets": self.vnets})


def _fingerprint(*, networks: Sequence[Network], zones: Sequence[Zone]) -> str:
    declared = [[n.vnet, n.zone, n.tag, n.member or "hall"] for n in networks] + [[z.name, z.bridge] for z in zones]
    return json.dumps(sorted(declared, key=str))
