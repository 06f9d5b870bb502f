"""The journal: one JSON object a line, only ever appended, for every change that was done."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any


class Journal:
    """Written through to the disk line by line: what was done is known even when the next moment is the last."""

    def __init__(self, path: Path) -> None:
        """Open it; it is readable by its owner only."""
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, now: datetime, event: str, **facts: Any) -> None:
        """Append one line."""
        line = json.dumps({"at": now.isoformat(timespec="seconds"), "event": event, **facts}, ensure_ascii=False)
        os.write(self._descriptor, line.encode() + b"\n")

    def close(self) -> None:
        """Put everything on the disk."""
        os.fsync(self._descriptor)
        os.close(self._descriptor)
