"""Resources to judge: a right one of each kind, changed as a case says."""

from __future__ import annotations

import copy
from typing import Any

from pulumi_policy import PolicyResource, PolicyResourceOptions
from pulumi_policy.policy import PolicyCustomTimeouts
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

TYPES = {
    "container": "proxmoxve:index/containerLegacy:ContainerLegacy",
    "machine": "proxmoxve:index/vmLegacy:VmLegacy",
    "options": "proxmoxve:firewall/optionsLegacy:OptionsLegacy",
    "rules": "proxmoxve:firewall/rulesLegacy:RulesLegacy",
    "ipset": "proxmoxve:firewall/ipsetLegacy:IpsetLegacy",
    "vnet": "proxmoxve:sdn/vnet:Vnet",
    "zone": "proxmoxve:sdn/zone/vlan:Vlan",
    "simple": "proxmoxve:sdn/zone/simple:Simple",
    "subnet": "proxmoxve:sdn/subnet:Subnet",
    "job": "proxmoxve:backup/job:Job",
    "datacenter": "proxmoxve:cluster/firewallLegacy:FirewallLegacy",
    "provider": "pulumi:providers:proxmoxve",
    "stack": "pulumi:pulumi:Stack",
}

# Member alfa, code 3001: 10.187.144.0/20, guest numbers 300101 to 300103.
RIGHT: dict[str, dict[str, Any]] = {
    "container": {
        "vmId": 300102,
        "poolId": "fed.alfa",
        "unprivileged": True,
        "tags": ["samdrift", "fed-fed", "stack-fed.alfa", "role-workplace", "owner-alfa"],
        "operatingSystem": {"templateFileId": "local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst"},
        "networkInterfaces": [{"name": "adm", "bridge": "a3001", "macAddress": "BC:24:11:49:44:60", "firewall": True}],
        "initialization": {
            "hostname": "alfa-adm",
            "ipConfigs": [
                {
                    "ipv4": {"address": "10.187.144.10/21", "gateway": "10.187.144.1"},
                    "ipv6": {"address": "fd5a:6d64:3001:1::10/64", "gateway": "fd5a:6d64:3001:1::1"},
                }
            ],
        },
    },
    "machine": {
        "vmId": 111,
        "name": "dc1",
        "poolId": "fed.hall",
        "tags": ["samdrift", "fed-fed", "stack-fed.hall", "role-directory", "owner-fed"],
        "disks": [{"interface": "scsi0", "importFrom": "local:import/debian-13-genericcloud-amd64.qcow2"}],
        "networkDevices": [{"bridge": "svc", "macAddress": "BC:24:11:00:06:F0", "firewall": True}],
        "initialization": {
            "ipConfigs": [{"ipv4": {"address": "10.0.0.11/24"}, "ipv6": {"address": "fd5a:6d64:0:10::11/64"}}]
        },
    },
    "options": {
        "containerId": 300102,
        "enabled": True,
        "inputPolicy": "DROP",
        "outputPolicy": "DROP",
        "macfilter": True,
        "ipfilter": True,
    },
    "rules": {"containerId": 300102, "rules": []},
    "ipset": {"name": "internet4", "cidrs": [{"name": "8.0.0.0/7"}]},
    "vnet": {"resourceId": "a3001", "zone": "adm", "tag": 1800},
    "zone": {"resourceId": "adm", "bridge": "vmbr1"},
    "simple": {"resourceId": "adm"},
    "subnet": {"cidr": "10.187.144.0/21", "vnet": "a3001"},
    "job": {"resourceId": "fed-alfa", "enabled": True, "pool": "fed.alfa"},
    "datacenter": {"enabled": True, "inputPolicy": "DROP"},
    "provider": {},
    "stack": {},
}


def resource(kind: str, *, stack: str, changes: dict[str, Any]) -> PolicyResource:
    """Return the right resource of a kind with changes by dotted path; UNKNOWN is a value not known yet."""
    props = copy.deepcopy(RIGHT[kind])
    for path, value in changes.items():
        _put(props, path.split("."), value)
    options = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])
    name = str(props.get("resourceId") or props.get("vmId") or kind)
    urn = f"urn:pulumi:{stack}::samdrift::{TYPES[kind]}::{name}"
    return PolicyResource(TYPES[kind], unknown_checking_proxy(_marked(props)), urn, name, options, None, None, [], {})


def _put(into: Any, path: list[str], value: Any) -> None:
    key: Any = int(path[0]) if isinstance(into, list) else path[0]
    if len(path) > 1:
        if isinstance(into, dict):
            into.setdefault(key, {})
        _put(into[key], path[1:], value)
    elif isinstance(into, list) and key == len(into):
        into.append(value)
    else:
        into[key] = value


def _marked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return UNKNOWN_STRING_VALUE if value == "UNKNOWN" else value
