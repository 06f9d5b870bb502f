"""What guests use and have now, read from the machine's own accounts."""

import json
import os
import time
from pathlib import Path

from pvelab.runtime import disk
from pvelab.runtime.cgroup import Cgroups
from pvelab.runtime.command import run
from pvelab.runtime.errors import MachineError
from pvelab.runtime.model import Address, GuestStatus, Interface
from pvelab.runtime.place import Place


def status(vmid: int, place: Place, cgroups: Cgroups) -> GuestStatus:
    """The guest's figures; see GuestStatus."""
    used, size = _disk(vmid, place, cgroups)
    if cgroups.monitor(vmid) is None:
        return GuestStatus(running=False, disk_bytes=used, max_disk_bytes=size)
    init = cgroups.init(vmid)
    memory, swap = _memory(vmid, cgroups)
    received, sent = _traffic(init)
    read, written = _blocks(vmid, cgroups)
    return GuestStatus(
        running=True,
        pid=init or 0,
        uptime_s=_uptime(init),
        mem_bytes=memory,
        swap_bytes=swap,
        cpu_s=_cpu(vmid, cgroups),
        disk_bytes=used,
        max_disk_bytes=size,
        net_in=received,
        net_out=sent,
        disk_read=read,
        disk_write=written,
        pids=_number(cgroups.read(vmid, "pids", "pids.current")),
    )


def interfaces(vmid: int, cgroups: Cgroups) -> list[Interface]:
    """The running guest's interfaces, in its own order."""
    init = cgroups.init(vmid)
    if init is None:
        raise MachineError(f"CT {vmid} is not running")
    shown = run(["nsenter", f"--net=/proc/{init}/ns/net", "--", "ip", "-json", "address"]).stdout
    return [
        Interface(
            name=link["ifname"],
            mac=link.get("address", "00:00:00:00:00:00").upper(),
            addresses=tuple(
                Address(ip=entry["local"], prefixlen=entry["prefixlen"], family=6 if entry["family"] == "inet6" else 4)
                for entry in link.get("addr_info", [])
                if "local" in entry and not entry.get("tentative")
            ),
        )
        for link in json.loads(shown)
        if link  # `ip` prints an empty object for a link that goes away meanwhile
    ]


def _disk(vmid: int, place: Place, cgroups: Cgroups) -> tuple[int, int]:
    image = place.image(vmid)
    if not image.exists():
        return 0, 0
    if init := cgroups.init(vmid):
        try:
            facts = os.statvfs(f"/proc/{init}/root")
        except OSError:
            pass
        else:
            return (facts.f_blocks - facts.f_bfree) * facts.f_frsize, image.stat().st_size
    return disk.used_bytes(image), image.stat().st_size


def _memory(vmid: int, cgroups: Cgroups) -> tuple[int, int]:
    # As Proxmox VE shows it: without the file cache that would go at once.
    if cgroups.version == 2:
        facts = _table(cgroups.read(vmid, "memory", "memory.stat"))
        used = _number(cgroups.read(vmid, "memory", "memory.current")) - facts.get("inactive_file", 0)
        return max(used, 0), _number(cgroups.read(vmid, "memory", "memory.swap.current"))
    facts = _table(cgroups.read(vmid, "memory", "memory.stat"))
    used = _number(cgroups.read(vmid, "memory", "memory.usage_in_bytes")) - facts.get("total_inactive_file", 0)
    return max(used, 0), facts.get("total_swap", 0)


def _cpu(vmid: int, cgroups: Cgroups) -> float:
    if cgroups.version == 2:
        return _table(cgroups.read(vmid, "cpu", "cpu.stat")).get("usage_usec", 0) / 1e6
    return _number(cgroups.read(vmid, "cpuacct", "cpuacct.usage")) / 1e9


def _blocks(vmid: int, cgroups: Cgroups) -> tuple[int, int]:
    if cgroups.version == 2:
        pairs = [word.split("=") for word in cgroups.read(vmid, "io", "io.stat").split() if "=" in word]
        return (
            sum(int(value) for key, value in pairs if key == "rbytes"),
            sum(int(value) for key, value in pairs if key == "wbytes"),
        )
    lines = [
        line.split() for line in cgroups.read(vmid, "blkio", "blkio.throttle.io_service_bytes_recursive").splitlines()
    ]
    return (
        sum(int(words[2]) for words in lines if len(words) == 3 and words[1] == "Read"),
        sum(int(words[2]) for words in lines if len(words) == 3 and words[1] == "Write"),
    )


def _traffic(init: int | None) -> tuple[int, int]:
    received = sent = 0
    try:
        lines = Path(f"/proc/{init}/net/dev").read_text().splitlines()
    except OSError:
        return 0, 0
    for line in lines:
        name, _, figures = line.partition(":")
        if figures and name.strip() != "lo":
            words = figures.split()
            received += int(words[0])
            sent += int(words[8])
    return received, sent


def _uptime(init: int | None) -> int:
    try:
        fields = Path(f"/proc/{init}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return max(0, int(time.clock_gettime(time.CLOCK_BOOTTIME) - started))


def _number(text: str) -> int:
    return int(text) if text.strip().isdigit() else 0


def _table(text: str) -> dict[str, int]:
    pairs = [line.split() for line in text.splitlines()]
    return {words[0]: int(words[1]) for words in pairs if len(words) == 2 and words[1].isdigit()}
