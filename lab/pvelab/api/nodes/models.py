"""The logical nodes: figures, power, and what happens to their containers then."""

import os
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pvelab.api.lxc import life
from pvelab.api.lxc.models import is_running
from pvelab.api.nodes.errors import no_node
from pvelab.lab import Lab
from pvelab.task import Log

VERSION = {"version": "9.1.3", "release": "9.1", "repoid": "pvelab"}
"""What the lab answers like: Proxmox VE 9.1 (its schema is that of pve-docs 9.1.3)."""
_USER = "root@pam"


def memory() -> dict[str, int]:
    """Memory of the machine in bytes."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    found = {parts[0].rstrip(":"): int(parts[1]) * 1024 for parts in lines}
    available = found.get("MemAvailable", found["MemFree"])
    return {"total": found["MemTotal"], "free": found["MemFree"], "available": available,
            "used": found["MemTotal"] - available}  # fmt: skip


def uptime() -> int:
    """Seconds since the machine started."""
    return int(float(Path("/proc/uptime").read_text().split()[0]))


def summary(lab: Lab, node: str, fingerprint: str) -> dict[str, Any]:
    """A node as the list of nodes shows it; little is known of one without power."""
    shown: dict[str, Any] = {"node": node, "id": f"node/{node}", "type": "node", "ssl_fingerprint": fingerprint}
    if not lab.is_online(node):
        return {**shown, "status": "offline"}
    disk = os.statvfs(lab.settings.state)
    sizes = memory()
    return {
        **shown,
        "status": "online",
        "level": "",
        "cpu": round(min(os.getloadavg()[0] / (os.cpu_count() or 1), 1.0), 4),
        "maxcpu": os.cpu_count() or 1,
        "mem": sizes["used"],
        "maxmem": sizes["total"],
        "disk": (disk.f_blocks - disk.f_bfree) * disk.f_frsize,
        "maxdisk": disk.f_blocks * disk.f_frsize,
        "uptime": uptime(),
    }


def status(lab: Lab, node: str) -> dict[str, Any]:
    """A node's figures in full."""
    disk = os.statvfs(lab.settings.state)
    cores = os.cpu_count() or 1
    size = disk.f_frsize
    return {
        "uptime": uptime(),
        "cpu": summary(lab, node, "")["cpu"],
        "loadavg": [f"{value:.2f}" for value in os.getloadavg()],
        "cpuinfo": {"cores": cores, "cpus": cores, "sockets": 1, "model": platform.machine(), "hvm": "0"},
        "memory": memory(),
        "swap": {"total": 0, "free": 0, "used": 0},
        "rootfs": {
            "total": disk.f_blocks * size,
            "used": (disk.f_blocks - disk.f_bfree) * size,
            "free": disk.f_bfree * size,
            "avail": disk.f_bavail * size,
        },
        "pveversion": f"pve-manager/{VERSION['version']}/{VERSION['repoid']}",
        "kversion": f"Linux {platform.release()}",
        "current-kernel": {
            "sysname": "Linux",
            "release": platform.release(),
            "version": platform.version(),
            "machine": platform.machine(),
        },
    }


def guests_of(lab: Lab, node: str) -> list[int]:
    """The node's containers."""
    return [int(key) for key, record in lab.store.items("guest").items() if record["node"] == node]


def power_off(lab: Lab, node: str) -> None:
    """Cut the power: every container of the node stops at once, unasked; HA recovers elsewhere.

    Raises MachineError when one goes on running, after the others have stopped.
    """
    if node not in lab.nodes:
        raise no_node(node)
    lab.store.put("node", node, {"online": False})
    lab.note(_USER, f"node '{node}' lost power", node=node)
    guests = guests_of(lab, node)
    try:
        with ThreadPoolExecutor(max_workers=max(len(guests), 1)) as pool:
            for cut in [pool.submit(_cut, lab, vmid) for vmid in guests]:
                cut.result()
    finally:
        lab.engine.wake()


def _cut(lab: Lab, vmid: int) -> None:
    lab.machine.stop(vmid)
    with lab.store.transaction():
        record = lab.store.get("guest", str(vmid))
        if record is not None:
            lab.store.put("guest", str(vmid), {**record, "active": None})
        lab.filter.apply()


def power_on(lab: Lab, node: str) -> None:
    """Give the power back: containers with `onboot` start, HA may move its own back."""
    if node not in lab.nodes:
        raise no_node(node)
    lab.store.put("node", node, {"online": True})
    lab.note(_USER, f"node '{node}' is up", node=node)
    start_onboot(lab, node)
    lab.engine.wake()


def _order(record: dict[str, Any]) -> int:
    pieces = dict(piece.partition("=")[::2] for piece in str(record["config"].get("startup", "")).split(","))
    text = pieces.get("order", "")
    return int(text) if text.isdigit() else 1 << 30


def start_onboot(lab: Lab, node: str) -> str | None:
    """Start the node's `onboot` containers in their order, as a task; its UPID, None: there are none."""
    found = [(_order(record), int(key)) for key, record in lab.store.items("guest").items()
             if record["node"] == node and record["config"].get("onboot") and not record["config"].get("template")
             and lab.store.get("ha-resource", f"ct:{key}") is None]  # fmt: skip
    wanted = [vmid for _, vmid in sorted(found) if not is_running(lab, vmid)]
    if not wanted:
        return None

    def work(log: Log) -> None:
        for vmid in wanted:
            if not is_running(lab, vmid):
                log(f"Starting CT {vmid}")
                life.start(lab, vmid, log)

    return lab.tasks.start(node=node, kind="startall", subject="", user=_USER, work=work)


def now() -> dict[str, Any]:
    """The node's clock."""
    seconds = int(time.time())
    return {"timezone": time.tzname[0], "time": seconds, "localtime": seconds - time.timezone}
