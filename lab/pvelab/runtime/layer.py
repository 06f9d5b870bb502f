"""Unpacked templates, shared by all guests as the read-only lower layer of their file trees.

One copy per archive and owner shift: an unprivileged guest's root is user 100000 of the machine, so its files must be
his too. The shifted copy is unpacked inside such a user namespace, which also gives file capabilities their owner.
"""

import fcntl
import hashlib
import os
import shutil
import threading
from pathlib import Path

from pvelab.runtime.command import run
from pvelab.runtime.errors import MachineError
from pvelab.runtime.model import Log

SHIFT = 100_000
RANGE = 65_536
_THREADS = threading.Lock()
_DIGESTS: dict[tuple[str, int, int], str] = {}


def digest(archive: Path) -> str:
    """Sixteen hex digits of an archive's contents. Raises MachineError when there is no such file."""
    try:
        facts = archive.stat()
    except FileNotFoundError as missing:
        raise MachineError(f"template {archive.name} does not exist ({archive})") from missing
    key = (str(archive), facts.st_size, facts.st_mtime_ns)
    if key not in _DIGESTS:
        with archive.open("rb") as handle:
            _DIGESTS[key] = hashlib.file_digest(handle, "sha256").hexdigest()[:16]
    return _DIGESTS[key]


def path(cache: Path, archive_digest: str, *, unprivileged: bool) -> Path:
    """Where the layer of an archive lies, unpacked or not."""
    return cache / "layers" / f"{archive_digest}-{SHIFT if unprivileged else 0}"


def unpack(cache: Path, archive: Path, *, unprivileged: bool, log: Log) -> Path:
    """The archive's layer, unpacked when the cache lacks it. Safe when several ask at once.

    Raises MachineError when the archive cannot be unpacked; nothing half-made stays.
    """
    target = path(cache, digest(archive), unprivileged=unprivileged)
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with _THREADS, (target.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            return target
        log(f"unpacking template {archive.name}")
        for stale in target.parent.glob(".unfinished-*"):  # under the lock nobody else can be at work
            shutil.rmtree(stale)
        unfinished = target.parent / f".unfinished-{os.getpid()}"
        unfinished.mkdir(mode=0o755)
        try:
            _extract(archive, unfinished, unprivileged=unprivileged)
            if not (unfinished / "sbin/init").is_symlink() and not (unfinished / "sbin/init").exists():
                raise MachineError(f"template {archive.name} holds no /sbin/init: it is no system container")
            unfinished.rename(target)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return target


def _extract(archive: Path, target: Path, *, unprivileged: bool) -> None:
    decompressors = {".zst": ["--zstd"], ".gz": ["--gzip"], ".xz": ["--xz"]}
    if archive.suffix not in decompressors:
        raise MachineError(f"template {archive.name}: accepted are .tar.zst, .tar.gz and .tar.xz")
    # Device nodes cannot be made in a user namespace, and LXC makes a /dev of its own.
    argv = ["tar", "-x", "-p", "-f", "-", *decompressors[archive.suffix], "--numeric-owner", "--xattrs"]
    argv += ["--xattrs-include=*", "--exclude=./dev/*", "--exclude=dev/*"]
    if unprivileged:
        os.chown(target, SHIFT, SHIFT)
        mapping = [f"{kind}:0:{SHIFT}:{RANGE}" for kind in "ug"]
        argv = ["lxc-usernsexec", "-m", mapping[0], "-m", mapping[1], "--", *argv]
    with archive.open("rb") as stream:
        try:
            run(argv, stdin=stream, cwd=target, timeout_s=600)
        except MachineError as error:
            raise MachineError(f"template {archive.name} cannot be unpacked: {error}") from error
    target.chmod(0o755)
