"""Limits of the machine's kernel that many guests together outgrow: raised when lower."""

from pathlib import Path

from pvelab.runtime.model import Log

LEAST = {
    "fs.inotify.max_user_instances": 8192,
    "fs.inotify.max_user_watches": 524_288,
    # Unprivileged guests share shifted owners, so their keyrings count together.
    "kernel.keys.maxkeys": 20_000,
    "kernel.keys.maxbytes": 2_000_000,
}
"""At least this much; Proxmox VE's documentation and LXC's own production advice ask for the same."""


def raise_limits(log: Log) -> None:
    """Raise what is too low, until the machine's next boot; says so."""
    for key, least in LEAST.items():
        present = _read(key)
        if present is not None and present < least:
            _path(key).write_text(str(least))
            log(f"raised {key} from {present} to {least} (until the next boot)")


def _read(key: str) -> int | None:
    try:
        return int(_path(key).read_text())
    except (OSError, ValueError):
        return None


def _path(key: str) -> Path:
    return Path("/proc/sys", *key.split("."))
