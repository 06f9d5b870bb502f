"""The official municipalities of Sweden: code, name and our ordinal.

`municipality.csv` holds all 290 codes of Statistics Sweden. The ordinal is ours: tags and transit addresses follow from
it, so it is append-only (a new code gets the next free number) and never reused.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SYNTHETIC = tuple(str(code) for code in range(3001, 3010))
"""Codes of generated members: no county 30 exists."""

_SYNTHETIC_ORDINAL = 400


@dataclass(frozen=True)
class Municipality:
    """One row: `Municipality("1286", "Ystad", 122)`."""

    code: str
    name: str
    ordinal: int


@cache
def official() -> dict[str, Municipality]:
    """All official municipalities by code."""
    with Path(__file__).with_name("municipality.csv").open(encoding="utf-8", newline="") as file:
        rows = [Municipality(row["code"], row["name"], int(row["ordinal"])) for row in csv.DictReader(file)]
    return {row.code: row for row in rows}


def ordinal(code: str) -> int:
    """The ordinal of a code, official or synthetic. Raises: LookupError for a code that is neither."""
    if code in SYNTHETIC:
        return _SYNTHETIC_ORDINAL + int(code) - int(SYNTHETIC[0])
    try:
        return official()[code].ordinal
    except KeyError:
        raise LookupError(f"no municipality has the code {code!r}") from None
