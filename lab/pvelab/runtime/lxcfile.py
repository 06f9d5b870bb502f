"""A guest's LXC configuration (lxc.container.conf(5)) as text. Pure: facts of the machine come as a record."""

from dataclasses import dataclass
from pathlib import Path

from pvelab.runtime.cgroup import INNER
from pvelab.runtime.layer import RANGE, SHIFT
from pvelab.runtime.model import GuestSpec, NicSpec
from pvelab.runtime.netfile import short_name

PERIOD_US = 100_000


@dataclass(frozen=True)
class HostFacts:
    """What of the machine decides a guest's configuration."""

    cgroup_version: int
    cpus: int
    swap_accounting: bool
    seccomp: Path | None = Path("/usr/share/lxc/config/common.seccomp")


@dataclass(frozen=True)
class GuestPaths:
    """Where a guest's parts lie on the machine."""

    root: Path
    """Mount point of its file tree, reachable by the shifted root too."""
    cgroup: str
    up_script: Path
    """Run for each interface once it is plugged in."""
    console_log: Path


def veth(vmid: int, index: int) -> str:
    """Name of an interface's end on the machine's side."""
    return f"veth{vmid}i{index}"


def render_config(spec: GuestSpec, paths: GuestPaths, host: HostFacts) -> str:
    """The configuration of one guest, limits included."""
    lines = [
        "# Written at every start from the guest's record; change that.",
        f"lxc.uts.name = {short_name(spec)}",
        "lxc.arch = amd64",
        f"lxc.rootfs.path = dir:{paths.root}",
        "lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed",
        "lxc.autodev = 1",
        "lxc.tty.max = 0",
        "lxc.pty.max = 1024",
        f"lxc.console.logfile = {paths.console_log}",
        "lxc.console.size = 1MB",
        "lxc.apparmor.profile = unconfined",
        "lxc.init.cmd = /sbin/init",
        "lxc.signal.halt = SIGRTMIN+3",  # systemd: power off
        f"lxc.cgroup.dir.container = {paths.cgroup}",
        f"lxc.cgroup.dir.monitor = {paths.cgroup}.monitor",
        f"lxc.cgroup.dir.container.inner = {INNER}",
    ]
    if host.seccomp:
        lines.append(f"lxc.seccomp.profile = {host.seccomp}")
    if host.cgroup_version == 1:
        # Debian 13's systemd refuses version 1 unless told otherwise (systemd(1)).
        lines.append("lxc.environment = SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1")
    if spec.unprivileged:
        lines += [f"lxc.idmap = {kind} 0 {SHIFT} {RANGE}" for kind in "ug"]
    else:
        # What would reach the machine itself. CAP_SYS_ADMIN stays: a directory server writes security attributes.
        lines.append("lxc.cap.drop = sys_module sys_rawio sys_time mac_admin mac_override")
        lines += _devices(host.cgroup_version)
    if "nesting" in spec.features:
        lines += [
            "lxc.mount.entry = proc dev/.lxc/proc proc create=dir,optional 0 0",
            "lxc.mount.entry = sysfs dev/.lxc/sys sysfs create=dir,optional 0 0",
        ]
    if "fuse" in spec.features:
        lines.append("lxc.mount.entry = /dev/fuse dev/fuse none bind,create=file,optional 0 0")
    prefix = "lxc.cgroup" if host.cgroup_version == 1 else "lxc.cgroup2"
    lines += [f"{prefix}.{name} = {value}" for _, name, value in limits(spec, host)]
    for nic in spec.nics:
        lines += _network(nic, spec.vmid, paths.up_script)
    return "\n".join([*lines, ""])


def limits(spec: GuestSpec, host: HostFacts) -> list[tuple[str, str, str]]:
    """Controller, file and value of every limit, in an order in which a running guest accepts them when they grow."""
    memory = spec.memory_mib << 20
    both = memory + (spec.swap_mib << 20)
    units = spec.cpuunits or 100
    cpus = _cpu_list(spec, host.cpus)
    if host.cgroup_version == 1:
        quota = str(round(spec.cpulimit * PERIOD_US)) if spec.cpulimit else "-1"
        found = [
            ("memory", "memory.limit_in_bytes", str(memory)),
            ("cpu", "cpu.cfs_period_us", str(PERIOD_US)),
            ("cpu", "cpu.cfs_quota_us", quota),
            ("cpu", "cpu.shares", str(max(2, units * 1024 // 100))),
            ("cpuset", "cpuset.cpus", cpus),
            ("pids", "pids.max", str(spec.pids_max)),
        ]
        if host.swap_accounting:
            found.insert(1, ("memory", "memory.memsw.limit_in_bytes", str(both)))
        return found
    quota = f"{round(spec.cpulimit * PERIOD_US)} {PERIOD_US}" if spec.cpulimit else f"max {PERIOD_US}"
    found = [
        ("memory", "memory.max", str(memory)),
        ("cpu", "cpu.max", quota),
        ("cpu", "cpu.weight", str(min(max(units, 1), 10_000))),
        ("cpuset", "cpuset.cpus", cpus),
        ("pids", "pids.max", str(spec.pids_max)),
    ]
    if host.swap_accounting:
        found.insert(1, ("memory", "memory.swap.max", str(spec.swap_mib << 20)))
    return found


def _cpu_list(spec: GuestSpec, cpus: int) -> str:
    if not spec.cores or spec.cores >= cpus:
        return f"0-{cpus - 1}" if cpus > 1 else "0"
    # Spread guests with few cores over the machine's.
    return ",".join(str(number) for number in sorted((spec.vmid + step) % cpus for step in range(spec.cores)))


def _devices(version: int) -> list[str]:
    prefix = "lxc.cgroup" if version == 1 else "lxc.cgroup2"
    allowed = ["c *:* m", "b *:* m"]  # making a node is harmless while opening it is not allowed
    allowed += [
        f"c {device} rwm" for device in ("1:3", "1:5", "1:7", "1:8", "1:9", "5:0", "5:1", "5:2", "136:*", "10:229")
    ]
    allowed.append("c 10:200 rwm")  # /dev/net/tun
    return [f"{prefix}.devices.deny = a", *(f"{prefix}.devices.allow = {device}" for device in allowed)]


def _network(nic: NicSpec, vmid: int, up_script: Path) -> list[str]:
    key = f"lxc.net.{nic.index}"
    lines = [
        f"{key}.type = veth",
        f"{key}.link = {nic.bridge}",
        f"{key}.name = {nic.name}",
        f"{key}.veth.pair = {veth(vmid, nic.index)}",
        f"{key}.hwaddr = {nic.mac}",
        f"{key}.script.up = {up_script}",
        # No `flags = up`: the guest itself brings the interface up, as under Proxmox VE, with this setting in force.
        # Addresses come from one plan: usable at once, the link-local one too, not after a second of detection.
        f"lxc.sysctl.net.ipv6.conf.{nic.name}.accept_dad = 0",
    ]
    return [*lines, f"{key}.mtu = {nic.mtu}"] if nic.mtu and nic.mtu > 1 else lines
