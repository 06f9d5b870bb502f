"""A guest's firewall: the rules of its declared flows, the filters against foreign addresses, default drop both ways.

Creates: an `ipfilter-net<N>` set per interface that forwards for others (a router sends packets whose source is not its
own); the rules; the options, last, so that the guest is never closed without its rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network

import pulumi
import pulumi_proxmoxve as proxmoxve
from pulumi_proxmoxve.firewall import IpsetLegacyCidrArgs, RulesLegacyRuleArgs

from samdrift.federation.derived import FirewallRule, Guest

LONGEST = 512  # characters of a rule's source or destination (Proxmox VE API, firewall rules)


class GuestFirewall(pulumi.ComponentResource):
    """Everything the hypervisor filters for one guest."""

    def __init__(
        self,
        name: str,
        *,
        guest: Guest,
        rules: Sequence[FirewallRule],
        follows: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`follows` is the guest's container or VM, last, and what that follows itself.

        A new guest starts without any of this, so all of it is made anew with the guest.
        """
        super().__init__("samdrift:firewall:GuestFirewall", name, {}, opts)
        # The number as declared, not as an output: the policies can read it in the very first preview.
        where = {"container_id" if guest.kind == "lxc" else "vm_id": guest.vm_id}

        def follow(*before: pulumi.Resource) -> pulumi.ResourceOptions:
            return pulumi.ResourceOptions(
                parent=self,
                replace_with=list(follows),
                deleted_with=follows[-1],
                # Addressed by guest and name: the old one, deleted after the new one was made, would take it along.
                delete_before_replace=True,
                depends_on=[*follows, *before],
            )

        sets = [
            proxmoxve.firewall.IpsetLegacy(
                f"{name}-ipfilter-net{position}",
                name=f"ipfilter-net{position}",
                comment=f"sources behind {interface.name}",
                node_name=guest.node,
                cidrs=[IpsetLegacyCidrArgs(name=cidr) for cidr in set_entries(interface.forwards)],
                opts=follow(),
                **where,
            )
            for position, interface in enumerate(guest.interfaces)
            if interface.forwards
        ]
        filed = proxmoxve.firewall.RulesLegacy(
            f"{name}-rules",
            node_name=guest.node,
            rules=[rule_args(rule) for rule in rules],
            opts=follow(*sets),
            **where,
        )
        proxmoxve.firewall.OptionsLegacy(
            f"{name}-options",
            node_name=guest.node,
            enabled=True,
            input_policy="DROP",
            output_policy="DROP",
            macfilter=True,
            ipfilter=True,
            ndp=True,  # without neighbour discovery no IPv6 at all
            dhcp=False,
            radv=False,
            opts=follow(filed),
            **where,
        )
        self.register_outputs({})


def rule_args(rule: FirewallRule) -> RulesLegacyRuleArgs:
    """Return a rule in the API's words: commas between addresses, a colon in ranges, an ICMP type in place of ports."""
    source, dest = (",".join(map(plain_address, end)) for end in (rule.source, rule.dest))
    for text in (source, dest):
        if len(text) > LONGEST:
            raise ValueError(f"rule {rule.comment}: {len(text)} characters of addresses; accepted are {LONGEST}")
    return RulesLegacyRuleArgs(
        type=rule.direction,
        action="ACCEPT",
        iface=rule.interface,
        proto=rule.proto,
        source=source,
        dest=dest,
        dport=rule.icmp_type or ",".join(port.replace("-", ":") for port in rule.ports),
        comment=rule.comment,
    )


def plain_address(text: str) -> str:
    """Return a prefix as the hypervisor gives it back: one address without a length; names of sets as they are.

    >>> plain_address("10.0.0.9/32")
    '10.0.0.9'
    """
    if text.startswith("+"):
        return text
    network = ip_network(text)
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)


def set_entries(prefixes: Sequence[str]) -> tuple[str, ...]:
    """Return prefixes as a set takes them: Proxmox refuses prefix length 0 in a set, its two halves mean the same.

    >>> set_entries(["0.0.0.0/0"])
    ('0.0.0.0/1', '128.0.0.0/1')
    """
    found: list[str] = []
    for prefix in prefixes:
        network = ip_network(prefix)
        found += [str(half) for half in network.subnets()] if network.prefixlen == 0 else [plain_address(prefix)]
    return tuple(dict.fromkeys(found))
