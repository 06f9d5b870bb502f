"""Files that keep the last known record of each thing that was tried, a JSON line each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

Record = TypeVar("Record", bound=BaseModel)


def read(file: Path, kind: type[Record]) -> tuple[Record, ...]:
    """Read the kept records; a file that is not there holds none."""
    if not file.exists():
        return ()
    return tuple(kind.model_validate_json(line) for line in file.read_text().splitlines() if line.strip())


def keep(records: Iterable[Record], file: Path, kind: type[Record], *, key: Callable[[Record], Hashable]) -> None:
    """Add records to the file, each in place of an older one of the same `key`."""
    kept = {key(one): one for one in (*read(file, kind), *records)}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(one.model_dump_json() + "\n" for one in kept.values()))
