"""Is there room on the machine? Checked before a lab opens and before a guest is made or started."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from pvelab.runtime.errors import MachineError

LAB_DISK = 2 << 30
LAB_MEMORY = 512 << 20
GUEST_DISK = 512 << 20
GUEST_MEMORY = 96 << 20


def free_disk(where: Path) -> int:
    """Free bytes of the file system that holds a path, which need not exist yet."""
    while not where.exists():
        where = where.parent
    return shutil.disk_usage(where).free


def free_memory() -> int:
    """Bytes that programs can still have (MemAvailable, proc(5))."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    return 0


def still_wanted(used: Iterable[int]) -> int:
    """Bytes that guests, whose images take `used` bytes each, will take beyond that: images are sparse and grow.

    >>> still_wanted([100 << 20, 600 << 20]) >> 20
    412
    """
    return sum(max(0, GUEST_DISK - one) for one in used)


def check(where: Path, *, disk: int, memory: int, purpose: str) -> None:
    """Raises MachineError in one sentence when there is less."""
    if (free := free_disk(where)) < disk:
        raise MachineError(f"{purpose} needs {disk >> 20} MiB of disk at {where}, free are {free >> 20} MiB")
    if (free := free_memory()) < memory:
        raise MachineError(f"{purpose} needs {memory >> 20} MiB of memory, free are {free >> 20} MiB")
