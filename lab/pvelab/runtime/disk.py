"""A guest's disk: a sparse image that holds what differs from its template layer.

The image's size is the guest's real limit, as on a Proxmox VE directory storage. It holds XFS: that grows while a
guest runs even where root lacks CAP_SYS_RESOURCE, which ext4 asks for.
"""

import os
import subprocess
import time
from pathlib import Path

from pvelab.runtime.command import run
from pvelab.runtime.errors import MachineError

LEAST_BYTES = 300 << 20
"""mkfs.xfs(8) accepts no smaller file system."""
FREE_S = 20


def make(image: Path, size: int, *, owner: int) -> None:
    """Make an image whose `upper` belongs to the guest's root."""
    if size < LEAST_BYTES:
        raise MachineError(f"disk size {size >> 20} MiB is too small: accepted is {LEAST_BYTES >> 20} MiB and more")
    with image.open("xb") as handle:
        handle.truncate(size)
    # The two folders of the overlay come from mkfs itself (mkfs.xfs(8), -p): no mount, whatever user owns them.
    prototype = f"none\n0 0\nd--755 0 0\nupper d--755 {owner} {owner}\n$\nwork d--755 0 0\n$\n$\n"
    file = image.with_suffix(".prototype")
    file.write_text(prototype)
    try:
        run(["mkfs.xfs", "-q", "-m", "reflink=0,rmapbt=0", "-p", file, image])
    finally:
        file.unlink()


def copy(source: Path, target: Path) -> None:
    """Copy an image, holes kept; instantly where the file system can share blocks. Nothing half-made stays."""
    unfinished = target.with_name(f".{target.name}.unfinished")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        run(["cp", "--sparse=auto", "--reflink=auto", source, unfinished], timeout_s=1800)
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)


def enlarge(image: Path, size: int) -> None:
    """Give the image file its new size; the file system in it grows while it is mounted (`xfs_growfs`)."""
    present = image.stat().st_size
    if size < present:
        raise MachineError(f"disk cannot shrink from {present} to {size} bytes")
    os.truncate(image, size)
    for device in loop_devices(image):
        run(["losetup", "--set-capacity", device])


def loop_devices(image: Path) -> list[str]:
    """The loop devices behind which an image is in use."""
    found = []
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            if backing.read_text().strip() == str(image):
                found.append(f"/dev/{backing.parts[3]}")
        except OSError:
            continue  # it was let go of meanwhile
    return found


def wait_until_free(image: Path) -> None:
    """Wait until no loop device holds the image: the kernel takes an ended guest's mounts apart in its own time.

    Mounting it a second time before that would damage it. Raises MachineError when it stays in use.
    """
    deadline = time.monotonic() + FREE_S
    while devices := loop_devices(image):
        if time.monotonic() >= deadline:
            raise MachineError(f"disk {image} is still in use by {', '.join(devices)}")
        time.sleep(0.01)


def inside(pid: int, argv: list[str | Path], *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program in the mount namespace of a process."""
    return run(["nsenter", f"--mount=/proc/{pid}/ns/mnt", "--", *argv], check=check, timeout_s=600)


def used_bytes(image: Path) -> int:
    """What the image takes of the machine's disk."""
    try:
        return image.stat().st_blocks * 512
    except FileNotFoundError:
        return 0
