"""The ranges of shifted owners that root may give to guests (subuid(5), subgid(5))."""

from pathlib import Path

from pvelab.runtime.layer import RANGE, SHIFT
from pvelab.runtime.model import Log

FILES = (Path("/etc/subuid"), Path("/etc/subgid"))


def is_covered(text: str) -> bool:
    """Whether root may use the whole range."""
    for line in text.splitlines():
        words = line.strip().split(":")
        if len(words) == 3 and words[0] in ("root", "0") and words[1].isdigit() and words[2].isdigit():
            first, count = int(words[1]), int(words[2])
            if first <= SHIFT and first + count >= SHIFT + RANGE:
                return True
    return False


def ensure(log: Log) -> None:
    """Add root's range where it is missing."""
    for path in FILES:
        text = path.read_text() if path.exists() else ""
        if not is_covered(text):
            line = f"root:{SHIFT}:{RANGE}\n"
            path.write_text(text + ("" if text.endswith("\n") or not text else "\n") + line)
            log(f"added {line.strip()} to {path}")
