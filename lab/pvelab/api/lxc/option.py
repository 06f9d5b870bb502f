"""Options of a container: who may set them, which the lab cannot honour, and their stored form."""

import re
from dataclasses import dataclass, field
from typing import Any

from pvelab.access.permission import ROOT
from pvelab.api.errors import ApiError, bad_parameters, failed, forbidden
from pvelab.api.lxc import models
from pvelab.api.lxc.errors import no_bridge
from pvelab.api.router import Call
from pvelab.api.sdn.models import running, zone_of
from pvelab.schema.format import split_list
from pvelab.schema.property import parse, render, size_text

_CPU = ("cores", "cpuunits", "cpulimit")
_NETWORK = ("nameserver", "searchdomain", "hostname")
_HONOURED_FEATURES = ("nesting", "keyctl", "fuse", "mknod")
_FASTPLUG = re.compile(
    r"cores|cpulimit|cpuunits|memory|swap|description|onboot|startup|protection|hookscript|tags|cmode|console|tty|rootfs"
)
LIVE = frozenset({"cores", "cpulimit", "cpuunits", "memory", "swap"})
"""Options that the machine puts in force on a running container."""


def takes_effect_at_once(name: str) -> bool:
    """Whether an option of a running container needs no restart in the lab."""
    return _FASTPLUG.fullmatch(name) is not None


def need(call: Call, vmid: int, pool: str | None, *privileges: str) -> None:
    """403 unless held on the pool that the container goes into, or on the container."""
    if pool is not None and call.may(f"/pool/{pool}", *privileges):
        return
    call.check(f"/vms/{vmid}", *privileges)


@dataclass(frozen=True)
class Change:
    """Options that a caller wants to set and delete on a container."""

    vmid: int
    new: dict[str, Any]
    old: dict[str, Any] = field(default_factory=dict)
    """The configuration before."""
    deleted: tuple[str, ...] = ()
    pool: str | None = None
    """The pool that a new container goes into."""
    unprivileged: bool = True


def check_permissions(call: Call, change: Change) -> None:
    """What Proxmox VE asks of the caller for each option that is set or deleted. root@pam itself may do anything."""
    if call.user == ROOT:
        return
    for name in (*change.new, *change.deleted):
        _check_one(call, change, name)


def _check_one(call: Call, change: Change, name: str) -> None:
    if re.fullmatch(r"dev\d+", name):
        raise forbidden("configuring device passthrough is only allowed for root@pam")
    if name == "hookscript":
        raise forbidden("changing the hookscript is only allowed for root@pam")
    if name == "features":
        _check_features(call, change)
        return
    # Proxmox VE asks the right to set tags on the container's own path even when a pool is given at create.
    pool = None if name == "tags" else change.pool
    need(call, change.vmid, pool, _privilege_for(name))
    if re.fullmatch(r"net\d+", name):
        for text in (change.old.get(name), change.new.get(name)):
            if text:
                _check_bridge_access(call, parse(models.NET_SHAPE, text, name))


def _privilege_for(name: str) -> str:
    if name in _CPU:
        return "VM.Config.CPU"
    if name in ("memory", "swap"):
        return "VM.Config.Memory"
    if re.fullmatch(r"rootfs|(mp|unused)\d+", name):
        return "VM.Config.Disk"
    return "VM.Config.Network" if name in _NETWORK or re.fullmatch(r"net\d+", name) else "VM.Config.Options"


def _check_bridge_access(call: Call, nic: dict[str, Any]) -> None:
    bridge = nic.get("bridge")
    if not bridge:
        return
    path = f"/sdn/zones/{zone_of(call.lab.store, bridge)}/{bridge}"
    if "tag" in nic:
        path = f"{path}/{nic['tag']}"
    call.check(path, "SDN.Use")


def _check_features(call: Call, change: Change) -> None:
    if not change.unprivileged:
        raise forbidden("changing feature flags for privileged container is only allowed for root@pam")
    wanted = {} if "features" in change.deleted else change.new
    before = parse(models.FEATURE_SHAPE, change.old.get("features", ""), "features")
    after = parse(models.FEATURE_SHAPE, wanted.get("features", ""), "features")
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    if changed - {"nesting"}:
        raise forbidden("changing feature flags (except nesting) is only allowed for root@pam")
    if changed:
        need(call, change.vmid, change.pool, "VM.Allocate")


def refuse_unsupported(call: Call, values: dict[str, Any]) -> None:
    """501 for what the lab's machine cannot honour."""
    for name, value in values.items():
        if re.fullmatch(r"(mp|dev)\d+|hookscript|entrypoint|env", name):
            raise call.refuse(name)
        if name == "arch" and value != "amd64":
            raise call.refuse(f"arch={value}")
        if re.fullmatch(r"net\d+", name):
            nic = parse(models.NET_SHAPE, str(value), name)
            for key in ("tag", "trunks"):
                if key in nic:
                    raise call.refuse(f"{key} on {name}: give each VLAN a VNet of its own")
        if name == "features":
            for key, on in parse(models.FEATURE_SHAPE, str(value), name).items():
                if on and key not in _HONOURED_FEATURES:
                    raise call.refuse(f"feature {key}")
        if name == "rootfs":
            disk = parse(models.ROOTFS_SHAPE, str(value), name)
            for key in ("quota", "mountoptions", "ro", "shared"):
                if disk.get(key):
                    raise call.refuse(f"{key} of rootfs")


def check_networks(call: Call, values: dict[str, Any], config: dict[str, Any]) -> None:
    """Every interface must sit on a VNet of the running configuration, and inside names must differ."""
    errors: dict[str, str] = {}
    vnets = running(call.lab.store, "vnet")
    for name, value in values.items():
        if not re.fullmatch(r"net\d+", name):
            continue
        nic = parse(models.NET_SHAPE, str(value), name)
        bridge = nic.get("bridge")
        if not bridge:
            raise call.refuse(f"{name} without a bridge")
        if bridge in call.lab.settings.uplinks:
            raise call.refuse(f"{name} on the node's own bridge {bridge}: use a VNet")
        if bridge not in vnets:
            raise no_bridge(bridge)
        if int(name[3:]) > 9:
            raise call.refuse(f"{name}: at most net9")
        if len(nic["name"]) > 15:
            errors[name] = f"invalid format - format error\n{name}.name: interface names have at most 15 characters\n"
    names = [nic["name"] for nic in models.nics({**config, **values}).values()]
    for twice in {name for name in names if names.count(name) > 1}:
        raise failed(f"network interface name '{twice}' is used twice")
    if errors:
        raise bad_parameters(errors)


def stored(name: str, value: Any, old: dict[str, Any]) -> Any:
    """The value as it is kept."""
    if re.fullmatch(r"net\d+", name):
        text = str(value)
        nic = parse(models.NET_SHAPE, text, name)
        if "hwaddr" not in nic and name in old:
            nic["hwaddr"] = parse(models.NET_SHAPE, old[name], name)["hwaddr"]
        return models.complete_net(render(models.NET_SHAPE, nic), name)
    if name == "nameserver":
        return " ".join(split_list(str(value)))
    if name == "tags":
        return ";".join(sorted(dict.fromkeys(split_list(str(value)))))
    if name == "rootfs":
        given = parse(models.ROOTFS_SHAPE, str(value), name)
        current = models.rootfs(old)
        if given["volume"] != current["volume"]:
            raise ApiError(400, "Parameter verification failed.", {"rootfs": "can't change the volume of rootfs"})
        return render(models.ROOTFS_SHAPE, {**given, "size": size_text(models.disk_bytes(old))})
    return value
