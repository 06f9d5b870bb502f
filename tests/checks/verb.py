"""The verbs of `samdrift`, run by a check as an engineer runs them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from samdrift.ending import run
from samdrift.state import REPOSITORY


def verb(*words: str, around: dict[str, str]) -> str:
    """Run one `samdrift` verb as an engineer does; what it refuses is the check's finding."""
    command = [str(Path(sys.executable).with_name("samdrift")), *words]
    done = run(command, cwd=REPOSITORY, env={**os.environ, **around}, timeout=1500)
    last = " / ".join(line for line in (done.stderr or done.stdout).splitlines()[-6:] if line.strip())
    assert done.returncode == 0, f"samdrift {' '.join(words[:2])} ended with {done.returncode}: {last}"
    return done.stdout
