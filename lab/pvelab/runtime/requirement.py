"""The Debian packages the machine half needs, and the one sentence that names what is missing."""

import os
import shutil
from pathlib import Path

from pvelab.runtime.command import environment
from pvelab.runtime.errors import MachineError

PROGRAM_PACKAGES = {
    "lxc-start": "lxc",
    "lxc-attach": "lxc",
    "newuidmap": "uidmap",
    "ip": "iproute2",
    "bridge": "iproute2",
    "nft": "nftables",
    "nsenter": "util-linux",
    "fsfreeze": "util-linux",
    "losetup": "mount",
    "mount": "mount",
    "mkfs.xfs": "xfsprogs",
    "xfs_growfs": "xfsprogs",
    "openssl": "openssl",
    "tar": "tar",
    "zstd": "zstd",
    "mmdebstrap": "mmdebstrap",
    "apt-cacher-ng": "apt-cacher-ng",
}
"""Program -> Debian package that brings it."""

ARCHIVE_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def missing_packages() -> list[str]:
    """Debian packages that are not installed, in the order apt would be given them."""
    path = environment()["PATH"]
    missing = {package for program, package in PROGRAM_PACKAGES.items() if not shutil.which(program, path=path)}
    if not ARCHIVE_KEYRING.exists():
        missing.add("debian-archive-keyring")
    return sorted(missing)


def check() -> None:
    """Raises MachineError when this is not root on a Debian-like machine with the packages installed."""
    if os.geteuid() != 0:
        raise MachineError("the lab makes containers, networks and mounts: run it as root")
    if missing := missing_packages():
        raise MachineError(f"Debian packages are missing: apt-get install --no-install-recommends {' '.join(missing)}")
