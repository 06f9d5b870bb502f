"""A guest as a system container."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_proxmoxve as proxmoxve
from pulumi_proxmoxve import (
    ContainerLegacyCpuArgs,
    ContainerLegacyDiskArgs,
    ContainerLegacyFeaturesArgs,
    ContainerLegacyInitializationArgs,
    ContainerLegacyInitializationDnsArgs,
    ContainerLegacyInitializationIpConfigArgs,
    ContainerLegacyInitializationIpConfigIpv4Args,
    ContainerLegacyInitializationIpConfigIpv6Args,
    ContainerLegacyInitializationUserAccountArgs,
    ContainerLegacyMemoryArgs,
    ContainerLegacyNetworkInterfaceArgs,
    ContainerLegacyOperatingSystemArgs,
    ContainerLegacyStartupArgs,
)

from samdrift.federation.derived import Guest, Interface

IGNORED = [
    # Both count at creation only and would replace a running guest. Keys are rolled by the role `base`, the system is
    # kept new by its packages.
    "initialization.userAccount",
    "operatingSystem.templateFileId",
]


def declare_container(
    guest: Guest,
    *,
    pool: pulumi.Input[str],
    storage: str,
    template: str,
    keys: Sequence[str],
    opts: pulumi.ResourceOptions,
) -> proxmoxve.ContainerLegacy:
    """Declare the container. `keys` are OpenSSH public keys of root; `template` is a volume id."""
    return proxmoxve.ContainerLegacy(
        guest.name,
        vm_id=guest.vm_id,
        node_name=guest.node,
        pool_id=pool,
        description=f"{guest.fqdn}: {', '.join(guest.roles)}. Managed by samdrift, stack {guest.stack}.",
        tags=sorted(guest.tags),
        unprivileged=guest.unprivileged,
        cpu=ContainerLegacyCpuArgs(cores=guest.cores, units=guest.cpu_units),
        memory=ContainerLegacyMemoryArgs(dedicated=guest.memory_mib, swap=0),
        disk=ContainerLegacyDiskArgs(datastore_id=storage, size=guest.disk_gib),
        features=ContainerLegacyFeaturesArgs(nesting=True) if guest.nesting else None,
        operating_system=ContainerLegacyOperatingSystemArgs(template_file_id=template, type="debian"),
        initialization=ContainerLegacyInitializationArgs(
            hostname=guest.name,
            dns=ContainerLegacyInitializationDnsArgs(domain=guest.search, servers=list(guest.nameservers)),
            ip_configs=[_addresses(interface) for interface in guest.interfaces],
            user_account=ContainerLegacyInitializationUserAccountArgs(keys=list(keys)),
        ),
        network_interfaces=[
            ContainerLegacyNetworkInterfaceArgs(
                name=interface.name, bridge=interface.vnet, mac_address=interface.mac, firewall=True
            )
            for interface in guest.interfaces
        ],
        start_on_boot=True,
        started=True,
        startup=ContainerLegacyStartupArgs(order=guest.start_order),
        # The number is fixed, so the old one must be gone before the new one is made.
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(delete_before_replace=True, ignore_changes=IGNORED)
        ),
    )


def _addresses(interface: Interface) -> ContainerLegacyInitializationIpConfigArgs:
    return ContainerLegacyInitializationIpConfigArgs(
        ipv4=ContainerLegacyInitializationIpConfigIpv4Args(
            address=str(interface.ipv4), gateway=str(interface.gateway4) if interface.gateway4 else None
        ),
        ipv6=ContainerLegacyInitializationIpConfigIpv6Args(
            address=str(interface.ipv6), gateway=str(interface.gateway6) if interface.gateway6 else None
        ),
    )
