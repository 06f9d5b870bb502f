"""Limits of the machine's kernel that many guests together outgrow: raised when lower, and put back on request."""

import json
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

REMEMBERED = Path("/run/pvelab/kernel.json")
"""What the machine had before: gone with a reboot, as the raised values are."""


def raise_limits(log: Log) -> None:
    """Raise what is too low; says so, and remembers the machine's own values."""
    before = json.loads(REMEMBERED.read_text()) if REMEMBERED.exists() else {}
    for key, least in LEAST.items():
        present = _read(key)
        if present is not None and present < least:
            before.setdefault(key, present)
            _path(key).write_text(str(least))
            log(f"raised {key} from {present} to {least} (until reboot or `restore`)")
    if before:
        REMEMBERED.parent.mkdir(parents=True, exist_ok=True)
        REMEMBERED.write_text(json.dumps(before))


def restore(log: Log) -> None:
    """Put the remembered values back."""
    if not REMEMBERED.exists():
        return
    for key, value in json.loads(REMEMBERED.read_text()).items():
        _path(key).write_text(str(value))
        log(f"restored {key} to {value}")
    REMEMBERED.unlink()


def _read(key: str) -> int | None:
    try:
        return int(_path(key).read_text())
    except (OSError, ValueError):
        return None


def _path(key: str) -> Path:
    return Path("/proc/sys", *key.split("."))
