"""Who checks what, among processes: each takes a requirement whose checks fit beside those that are being made.

A requirement that was taken is a folder with a file that its process keeps locked (flock(2)) until its checks have
ended or the process has. A check that runs checks itself gives them the folder of its own requirement: what they take
lies therein, and has to fit beside everything but the requirement around it.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import time
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from samdrift.standard import catalogue

AROUND = "SAMDRIFT_CLAIMS"
"""Environment variable: the folder of the requirement whose check is being made."""
LOCK, TABLE = "lock", "table"
BUSY = 10.0
"""Processes for each processor that run or want to (getloadavg(3)); where there are more, nothing more is begun beside
others. It would end no sooner, and who waits for an answer for seconds then takes a host for silent: that was
seen at 11 to 14.
"""


def claim(folder: Path, wanted: Sequence[str]) -> tuple[str, TextIOWrapper] | None:
    """Take the first of these requirements that nobody has taken and whose checks fit; None when none is left.

    Waits while some are left and none fits, or the machine has enough to do. Returns its id, and the lock: closing it
    ends the claim.
    """
    around = [*itertools.takewhile(lambda one: (one / LOCK).exists(), (folder, *folder.parents))]
    top = around[-1].parent if around else folder
    standard = catalogue.load()
    while True:
        with (top / TABLE).open("w") as table:
            fcntl.flock(table, fcntl.LOCK_EX)
            held = [one.parent for one in top.rglob(LOCK) if one.parent not in around and _is_locked(one)]
            left = [one for one in wanted if not (folder / one).exists()]
            full = _is_busy() and any(one.parent == folder for one in held)
            for one in left:
                if not full and all(standard.by_id(one).fits_beside(standard.by_id(other.name)) for other in held):
                    (folder / one).mkdir()
                    lock = (folder / one / LOCK).open("w")
                    fcntl.flock(lock, fcntl.LOCK_EX)
                    return one, lock
        if not left:
            return None
        time.sleep(0.5)


def _is_busy() -> bool:
    return os.getloadavg()[0] > BUSY * (os.cpu_count() or 1)


def _is_locked(file: Path) -> bool:
    with file.open() as one:
        try:
            fcntl.flock(one, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
