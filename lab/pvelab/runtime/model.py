"""What the API half tells the machine half, and what it hears back. Frozen records, no behaviour."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Log = Callable[[str], None]
"""Takes one line of progress for a task log, without a newline."""


@dataclass(frozen=True)
class NicSpec:
    """One network interface of a guest (`net<index>` in Proxmox VE's configuration)."""

    index: int
    """0..9."""
    name: str
    """Name inside the guest, at most 15 characters."""
    bridge: str
    """VNet id = name of the bridge in the lab's namespace."""
    mac: str
    ip4cidr: str | None = None
    """`10.0.0.2/24`, `"dhcp"`, `"manual"` or None (nothing configured)."""
    gw4: str | None = None
    ip6cidr: str | None = None
    """`fd00::2/64`, `"dhcp"`, `"auto"`, `"manual"` or None."""
    gw6: str | None = None
    firewall: bool = False
    mtu: int | None = None
    rate: float | None = None
    """Megabytes per second, both directions; None: no limit."""
    link_down: bool = False


@dataclass(frozen=True)
class GuestSpec:
    """A system container as it shall be. The machine half keeps none of it: every call that needs it gets it."""

    vmid: int
    hostname: str
    template: Path
    """The template archive (`.tar.zst`, `.tar.gz` or `.tar.xz`), or a backup's; read at create only."""
    disk_bytes: int
    unprivileged: bool = True
    cores: int = 0
    """0: all cores of the machine."""
    cpulimit: float = 0.0
    """Number of cores' worth of time; 0: no limit."""
    cpuunits: int | None = None
    """Weight, Proxmox VE's default 100 (cgroup v2 scale) when None."""
    memory_mib: int = 512
    swap_mib: int = 512
    pids_max: int = 16384
    features: frozenset[str] = frozenset()
    """Names of the features that are on: `nesting`, `keyctl`, `fuse`, `mknod`."""
    nics: tuple[NicSpec, ...] = ()
    nameservers: tuple[str, ...] = ()
    searchdomain: str | None = None
    onboot: bool = False
    """Kept for the API half: the machine half starts nothing on its own."""
    managed: bool = True
    """Whether names, network and access are written into the guest: not for Proxmox VE's ostype `unmanaged`."""
    timezone: str | None = None
    """`Europe/Stockholm`, `host`, or None (the template's)."""
    root_password: str | None = field(default=None, repr=False)
    """Used at create only; clear text, never written anywhere but as a hash inside the guest."""
    ssh_keys: tuple[str, ...] = ()
    """Used at create only: lines of /root/.ssh/authorized_keys."""
    restored: bool = False
    """Used at create only: the archive is a backup's, so the guest keeps the host keys and the access that it had."""


@dataclass(frozen=True)
class GuestStatus:
    """What a guest uses now. A stopped guest has pid 0 and zeros; disk figures are right in both states."""

    running: bool
    pid: int = 0
    """The guest's init, in the machine's own numbering."""
    uptime_s: int = 0
    mem_bytes: int = 0
    swap_bytes: int = 0
    cpu_s: float = 0.0
    """Seconds of processor time since the start; the API half makes a rate of two of them."""
    disk_bytes: int = 0
    max_disk_bytes: int = 0
    net_in: int = 0
    """Bytes received by the guest over all its interfaces."""
    net_out: int = 0
    disk_read: int = 0
    disk_write: int = 0
    pids: int = 0


@dataclass(frozen=True)
class Address:
    """One address on an interface."""

    ip: str
    prefixlen: int
    family: int
    """4 or 6."""


@dataclass(frozen=True)
class Interface:
    """One interface of a running guest as it is now, `lo` included."""

    name: str
    mac: str
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True)
class VnetSpec:
    """A VNet of the running SDN configuration: one bridge in the lab's namespace."""

    id: str
    zone: str
    tag: int | None = None
    isolate_ports: bool = False
    mtu: int | None = None


@dataclass(frozen=True)
class DeskSpec:
    """Addresses of the lab's namespace itself on a VNet's bridge: where the engineer sits."""

    vnet: str
    addresses: tuple[str, ...]
    """`10.0.2.2/24`, `fd00:..::2/64`."""


@dataclass(frozen=True)
class RouteSpec:
    """A route of the lab's namespace, so that the desk's answers find their way."""

    prefix: str
    via: str


@dataclass(frozen=True)
class PackageProxySpec:
    """Where guests find Debian packages: an address of the namespace on a VNet, and a port."""

    vnet: str
    address: str
    """With prefix length: `10.0.0.9/24`."""
    port: int = 3142
