"""The lab's durable state: JSON records in one SQLite file. What was committed survives a `kill -9`."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Store:
    """Records by area and key (`store.get("pool", "hall")`). Safe to use from any thread.

    One lock stands before everything: a transaction is the whole API's critical section, so that ids, storage
    definitions and rule lists never interleave.
    """

    def __init__(self, file: Path) -> None:
        """Open or make the file."""
        self._lock = threading.RLock()
        self._depth = 0
        self._base = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=NORMAL")
        self._base.execute(
            "CREATE TABLE IF NOT EXISTS record (area TEXT, key TEXT, body TEXT NOT NULL, PRIMARY KEY (area, key))"
        )

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._base.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested, the outermost one commits."""
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                self._base.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if outermost:
                    self._base.execute("ROLLBACK")
                raise
            else:
                if outermost:
                    self._base.execute("COMMIT")
            finally:
                self._depth -= 1

    def get(self, area: str, key: str) -> Any | None:
        """The record, a fresh copy; None when there is none."""
        with self._lock:
            row = self._base.execute("SELECT body FROM record WHERE area=? AND key=?", (area, key)).fetchone()
        return None if row is None else json.loads(row[0])

    def items(self, area: str) -> dict[str, Any]:
        """Every record of an area by key, sorted."""
        with self._lock:
            rows = self._base.execute("SELECT key, body FROM record WHERE area=? ORDER BY key", (area,)).fetchall()
        return {key: json.loads(body) for key, body in rows}

    def put(self, area: str, key: str, body: Any) -> None:
        """Write a record, new or not."""
        with self._lock:
            self._base.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (area, key, json.dumps(body)))

    def delete(self, area: str, key: str) -> bool:
        """Remove a record; whether there was one."""
        with self._lock:
            return self._base.execute("DELETE FROM record WHERE area=? AND key=?", (area, key)).rowcount > 0
