"""A guest as a virtual machine: the directory hosts in production, from a cloud image, addressed by cloud-init."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_proxmoxve as proxmoxve
from pulumi_proxmoxve import (
    VmLegacyAgentArgs,
    VmLegacyCpuArgs,
    VmLegacyDiskArgs,
    VmLegacyInitializationArgs,
    VmLegacyInitializationDnsArgs,
    VmLegacyInitializationIpConfigArgs,
    VmLegacyInitializationIpConfigIpv4Args,
    VmLegacyInitializationIpConfigIpv6Args,
    VmLegacyInitializationUserAccountArgs,
    VmLegacyMemoryArgs,
    VmLegacyNetworkDeviceArgs,
    VmLegacyOperatingSystemArgs,
    VmLegacyStartupArgs,
)

from samdrift.federation.derived import Guest, Interface

# A newer image or other keys must not replace a running machine, see container.py.
IGNORED = ["initialization.userAccount", "disks[0].importFrom"]


def declare_machine(
    guest: Guest,
    *,
    pool: pulumi.Input[str],
    storage: str,
    image: str | None,
    keys: Sequence[str],
    opts: pulumi.ResourceOptions,
) -> proxmoxve.VmLegacy:
    """Declare the machine. `image` is a volume id of content type `import`. Raises: ValueError where there is none."""
    if image is None:
        raise ValueError(
            f"{guest.name} is a virtual machine, and hypervisor.image is not set; accepted is the volume id of a disk"
            " image, e.g. local:import/debian-13-genericcloud-amd64.qcow2"
        )
    return proxmoxve.VmLegacy(
        guest.name,
        vm_id=guest.vm_id,
        node_name=guest.node,
        name=guest.name,
        pool_id=pool,
        description=f"{guest.fqdn}: {', '.join(guest.roles)}. Managed by samdrift, stack {guest.stack}.",
        tags=sorted(guest.tags),
        cpu=VmLegacyCpuArgs(cores=guest.cores, units=guest.cpu_units, type="x86-64-v2-AES"),
        memory=VmLegacyMemoryArgs(dedicated=guest.memory_mib),
        disks=[VmLegacyDiskArgs(interface="scsi0", datastore_id=storage, import_from=image, size=guest.disk_gib)],
        scsi_hardware="virtio-scsi-single",
        agent=VmLegacyAgentArgs(enabled=False),  # the cloud image has none; addresses are ours anyway
        operating_system=VmLegacyOperatingSystemArgs(type="l26"),
        initialization=VmLegacyInitializationArgs(
            datastore_id=storage,
            dns=VmLegacyInitializationDnsArgs(domain=guest.search, servers=list(guest.nameservers)),
            ip_configs=[_addresses(interface) for interface in guest.interfaces],
            user_account=VmLegacyInitializationUserAccountArgs(username="root", keys=list(keys)),
        ),
        network_devices=[
            VmLegacyNetworkDeviceArgs(bridge=interface.vnet, mac_address=interface.mac, firewall=True, model="virtio")
            for interface in guest.interfaces
        ],
        on_boot=True,
        started=True,
        stop_on_destroy=True,  # without the agent a shutdown request may stay unheard
        startup=VmLegacyStartupArgs(order=guest.start_order),
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(delete_before_replace=True, ignore_changes=IGNORED)
        ),
    )


def _addresses(interface: Interface) -> VmLegacyInitializationIpConfigArgs:
    return VmLegacyInitializationIpConfigArgs(
        ipv4=VmLegacyInitializationIpConfigIpv4Args(
            address=str(interface.ipv4), gateway=str(interface.gateway4) if interface.gateway4 else None
        ),
        ipv6=VmLegacyInitializationIpConfigIpv6Args(
            address=str(interface.ipv6), gateway=str(interface.gateway6) if interface.gateway6 else None
        ),
    )
