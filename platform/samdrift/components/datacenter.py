"""The cluster's firewall: what every guest firewall stands on. Declared once, by the hall.

Creates: the address sets that guests' rules name; the set `management` with the rules that keep the interface (8006)
and SSH (22) of the nodes reachable from there; last, so that nobody is locked out, the switch to default drop.
Proxmox itself gives the set named `management` the nodes' consoles as well, and never blocks the nodes' own network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_proxmoxve as proxmoxve
from pulumi_proxmoxve.firewall import IpsetLegacyCidrArgs, RulesLegacyRuleArgs

from samdrift.components.firewall import set_entries

MANAGEMENT = "management"
PORTS = {"8006": "interface and API of the nodes", "22": "SSH of the nodes"}


class Datacenter(pulumi.ComponentResource):
    """The datacenter firewall, on, default drop."""

    def __init__(
        self,
        name: str,
        *,
        management: Sequence[str],
        address_sets: Mapping[str, Sequence[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`management` and the values of `address_sets` are CIDR prefixes of either family."""
        super().__init__("samdrift:firewall:Datacenter", name, {}, opts)
        # Addressed by name: the old set, deleted after the new one was made, would take it along.
        below = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        sets = [
            proxmoxve.firewall.IpsetLegacy(
                f"{name}-{key}",
                name=key,
                comment=f"samdrift {key}",
                cidrs=[IpsetLegacyCidrArgs(name=cidr) for cidr in set_entries(tuple(cidrs))],
                opts=below,
            )
            for key, cidrs in {MANAGEMENT: management, **address_sets}.items()
        ]
        rules = proxmoxve.firewall.RulesLegacy(
            f"{name}-rules",
            rules=[
                RulesLegacyRuleArgs(
                    type="in", action="ACCEPT", proto="tcp", source=f"+{MANAGEMENT}", dport=port, comment=comment
                )
                for port, comment in PORTS.items()
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=sets),
        )
        proxmoxve.cluster.FirewallLegacy(
            f"{name}-options",
            enabled=True,
            ebtables=True,
            input_policy="DROP",
            output_policy="ACCEPT",
            forward_policy="ACCEPT",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[rules]),
        )
        self.register_outputs({})
