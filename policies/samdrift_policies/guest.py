"""How the policies read a guest, container or virtual machine, out of the properties that go to the hypervisor."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Any

from pulumi_policy import PolicyResource, ResourceValidationArgs

CONTAINER = "proxmoxve:index/containerLegacy:ContainerLegacy"
MACHINE = "proxmoxve:index/vmLegacy:VmLegacy"
OPTIONS = "proxmoxve:firewall/optionsLegacy:OptionsLegacy"
IPSET = "proxmoxve:firewall/ipsetLegacy:IpsetLegacy"
RULES = "proxmoxve:firewall/rulesLegacy:RulesLegacy"

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class Leg:
    """One network interface: its index is the N of netN, its addresses those of the ip_config with the same index."""

    index: int
    vnet: str
    mac: str | None
    is_filtered: bool
    addresses: tuple[IPv4Interface | IPv6Interface, ...]


def is_guest(resource: ResourceValidationArgs | PolicyResource) -> bool:
    """Tell whether the resource is a guest."""
    return resource.resource_type in (CONTAINER, MACHINE)


def number(props: Properties) -> int:
    """Return the number of the guest that a guest, its firewall options or its rules belong to; 0 for the cluster's."""
    return int(props.get("vmId") or props.get("containerId") or 0)


def hostname(props: Properties) -> str:
    """Return the guest's short name, or its number where it has none."""
    return str((props.get("initialization") or {}).get("hostname") or props.get("name") or number(props))


def tags(props: Properties) -> tuple[str, ...]:
    """Return the guest's tags."""
    return tuple(props.get("tags") or ())


def legs(props: Properties) -> Iterator[Leg]:
    """Yield the guest's interfaces in order."""
    configurations = list((props.get("initialization") or {}).get("ipConfigs") or ())
    for index, nic in enumerate(props.get("networkInterfaces") or props.get("networkDevices") or ()):
        configuration = configurations[index] if index < len(configurations) else {}
        texts = [(configuration.get(family) or {}).get("address") for family in ("ipv4", "ipv6")]
        yield Leg(
            index=index,
            vnet=str(nic.get("bridge") or "vmbr0"),
            mac=nic.get("macAddress"),
            is_filtered=bool(nic.get("firewall")),
            addresses=tuple(ip_interface(text) for text in texts if text),
        )
