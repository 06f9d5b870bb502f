"""Containers: their records, how they look in lists, and what the machine is told of them."""

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pvelab.api.errors import failed
from pvelab.api.lxc.errors import locked, no_config
from pvelab.api.pools.models import pool_of
from pvelab.lab import Lab
from pvelab.runtime.errors import MachineError
from pvelab.runtime.model import GuestSpec, GuestStatus, NicSpec
from pvelab.schema import facts
from pvelab.schema.format import split_list
from pvelab.schema.property import parse, render, size_bytes
from pvelab.store import Store

_PARAMS = facts.load()["/nodes/{node}/lxc"]["POST"].params
NET_SHAPE: dict[str, Any] = dict(_PARAMS["net[n]"]["format"])
ROOTFS_SHAPE: dict[str, Any] = dict(_PARAMS["rootfs"]["format"])
FEATURE_SHAPE: dict[str, Any] = dict(_PARAMS["features"]["format"])
GIB = 1024**3
STOPPED = GuestStatus(running=False)


def guest(store: Store, vmid: int, node: str) -> dict[str, Any]:
    """A container's record; Proxmox VE's error when the node has none of that id.

    Keys: node, config (as wanted), active (as started, None when stopped), lock, snapshots, parent, ctime.
    """
    record = store.get("guest", str(vmid))
    if record is None or record["node"] != node:
        raise no_config(node, vmid)
    return dict(record)


def any_guest(store: Store, vmid: int) -> dict[str, Any] | None:
    """A container's record wherever it is."""
    return store.get("guest", str(vmid))


def save(store: Store, vmid: int, record: dict[str, Any]) -> None:
    """Write the record."""
    store.put("guest", str(vmid), record)


def change(store: Store, vmid: int, **fields: Any) -> dict[str, Any]:
    """Set fields of a record that exists."""
    with store.transaction():
        record = store.get("guest", str(vmid))
        if record is None:
            raise failed(f"CT {vmid} does not exist")
        record = {**record, **fields}
        save(store, vmid, record)
    return dict(record)


def check_lock(record: dict[str, Any]) -> None:
    """Refuse while another task has the container."""
    if record.get("lock"):
        raise locked(record["lock"])


def nics(config: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """The interfaces of a configuration by index."""
    found = {key: value for key, value in config.items() if key.startswith("net") and key[3:].isdigit()}
    return {int(key[3:]): parse(NET_SHAPE, value, key) for key, value in sorted(found.items())}


def features(config: dict[str, Any]) -> dict[str, Any]:
    """The features that are on."""
    found = parse(FEATURE_SHAPE, config.get("features", ""), "features")
    return {name: value for name, value in found.items() if value}


def rootfs(config: dict[str, Any]) -> dict[str, Any]:
    """The root disk's properties."""
    return parse(ROOTFS_SHAPE, config["rootfs"], "rootfs")


def disk_bytes(config: dict[str, Any]) -> int:
    """Size of the root disk."""
    return size_bytes(rootfs(config)["size"])


def new_mac() -> str:
    """An address with Proxmox's prefix."""
    return "BC:24:11:" + ":".join(f"{random.randrange(256):02X}" for _ in range(3))


def complete_net(text: str, name: str) -> str:
    """An interface's string with address and type filled in, in Proxmox VE's order."""
    found = parse(NET_SHAPE, text, name)
    found["hwaddr"] = found.get("hwaddr", new_mac()).upper()
    return render(NET_SHAPE, {**found, "type": "veth"})


def spec(
    vmid: int,
    config: dict[str, Any],
    *,
    template: Path = Path("-"),
    password: str | None = None,
    ssh_keys: tuple[str, ...] = (),
    restored: bool = False,
) -> GuestSpec:
    """What the machine is told of a container."""
    return GuestSpec(
        vmid=vmid,
        hostname=config.get("hostname", f"CT{vmid}"),
        template=template,
        disk_bytes=disk_bytes(config),
        unprivileged=bool(config.get("unprivileged")),
        cores=config.get("cores", 0),
        cpulimit=float(config.get("cpulimit", 0)),
        cpuunits=config.get("cpuunits"),
        memory_mib=config.get("memory", 512),
        swap_mib=config.get("swap", 512),
        features=frozenset(features(config)),
        nics=tuple(_nic(index, nic) for index, nic in nics(config).items()),
        nameservers=tuple(split_list(config.get("nameserver", ""))),
        searchdomain=config.get("searchdomain"),
        onboot=bool(config.get("onboot")),
        timezone=config.get("timezone"),
        root_password=password,
        ssh_keys=ssh_keys,
        restored=restored,
    )


def _nic(index: int, nic: dict[str, Any]) -> NicSpec:
    return NicSpec(
        index=index,
        name=nic["name"],
        bridge=nic["bridge"],
        mac=nic["hwaddr"],
        ip4cidr=nic.get("ip"),
        gw4=nic.get("gw"),
        ip6cidr=nic.get("ip6"),
        gw6=nic.get("gw6"),
        firewall=bool(nic.get("firewall")),
        mtu=nic.get("mtu"),
        rate=nic.get("rate"),
        link_down=bool(nic.get("link_down")),
    )


def shown_config(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration as the API returns it; a description ends with a newline, as stored comments do."""
    shown = {key: value for key, value in config.items() if key != "timezone" or value}
    if "description" in shown:
        shown["description"] = shown["description"].rstrip("\n") + "\n"
    text = json.dumps(config, sort_keys=True)
    return {**shown, "digest": hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()}


def live(lab: Lab, vmid: int, record: dict[str, Any]) -> GuestStatus:
    """What the machine says of a container; stopped when its node is, or when it is being made."""
    if record.get("lock") == "create":
        return STOPPED
    try:
        return lab.machine.status(vmid)
    except MachineError:
        return STOPPED


def is_running(lab: Lab, vmid: int) -> bool:
    """Whether it runs now."""
    return vmid in lab.machine.running()


def state(lab: Lab, vmid: int) -> dict[str, Any]:
    """The figures that every list shows."""
    record = any_guest(lab.store, vmid) or {}
    config, now = record["config"], live(lab, vmid, record)
    cores = config.get("cores") or lab_cores()
    shown: dict[str, Any] = {
        "vmid": vmid,
        "name": config.get("hostname", f"CT{vmid}"),
        "status": "running" if now.running else "stopped",
        "type": "lxc",
        "cpu": lab.cpu_share(vmid, now.cpu_s, cores) if now.running else 0,
        "cpus": config.get("cpulimit") or cores,
        "mem": now.mem_bytes,
        "maxmem": config.get("memory", 512) * 1024 * 1024,
        "swap": now.swap_bytes,
        "maxswap": config.get("swap", 512) * 1024 * 1024,
        "disk": now.disk_bytes,
        "maxdisk": disk_bytes(config),
        "uptime": now.uptime_s,
        "netin": now.net_in,
        "netout": now.net_out,
        "diskread": now.disk_read,
        "diskwrite": now.disk_write,
    }
    if now.running:
        shown["pid"] = now.pid
    for key in ("tags", "template"):
        if config.get(key):
            shown[key] = config[key]
    if record.get("lock"):
        shown["lock"] = record["lock"]
    return shown


def lab_cores() -> int:
    """Processors of the machine."""
    import os

    return os.cpu_count() or 1


def guest_resource(lab: Lab, vmid: int) -> dict[str, Any]:
    """A container as an entry of /cluster/resources."""
    record = any_guest(lab.store, vmid) or {}
    shown = {key: value for key, value in state(lab, vmid).items() if key not in ("cpus", "swap", "maxswap", "pid")}
    shown |= {"id": f"lxc/{vmid}", "node": record["node"], "maxcpu": state(lab, vmid)["cpus"]}
    shown["template"] = int(bool(record["config"].get("template")))
    if not lab.is_online(record["node"]):
        shown["status"] = "unknown"
    if pool := pool_of(lab.store, vmid):
        shown["pool"] = pool
    resource = lab.store.get("ha-resource", f"ct:{vmid}")
    if resource:
        shown["hastate"] = resource.get("state", "started")
    return shown


def root_volumes(lab: Lab, storage: str) -> Iterator[dict[str, Any]]:
    """The root disks that lie on a storage."""
    for key, record in lab.store.items("guest").items():
        disk = rootfs(record["config"])
        if disk["volume"].partition(":")[0] == storage:
            yield {
                "volid": disk["volume"],
                "content": "rootdir",
                "format": "raw" if disk["volume"].endswith(".raw") else "subvol",
                "size": disk_bytes(record["config"]),
                "vmid": int(key),
                "ctime": record["ctime"],
            }


def volume_name(kind: str, storage: str, vmid: int) -> str:
    """The volume id of a container's first disk on a storage of the type."""
    if kind == "dir":
        return f"{storage}:{vmid}/vm-{vmid}-disk-0.raw"
    return f"{storage}:subvol-{vmid}-disk-0"
