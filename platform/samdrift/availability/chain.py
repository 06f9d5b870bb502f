"""Whether the samples are the ones that were kept: nothing taken out, put in or changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

START = "0" * 64


def canonical(line: Any) -> str:
    """The one way in which a line is written, of which its chain is made (roles/monitor, samdrift-record).

    >>> canonical({"b": 1, "a": "å"})
    '{"a":"å","b":1}'
    """
    return json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def linked(before: str, line: dict[str, Any]) -> str:
    """Chain of a line: of all lines before it and of itself."""
    plain = {key: value for key, value in line.items() if key != "chain"}
    return hashlib.sha256((before + canonical(plain)).encode()).hexdigest()


def broken(lines: Iterable[str], *, before: str | None = START) -> str | None:
    """Where and why the chain is broken, one sentence; None where it is whole.

    + before: chain of the line before the first one; None: not known, and then the first line is taken for what it is
    """
    for number, text in enumerate(lines, start=1):
        try:
            line = json.loads(text)
            told = line["chain"]
        except (ValueError, KeyError, TypeError):
            return f"line {number} is no sample: {text[:60]!r}"
        if before is not None and linked(before, line) != told:
            return f"line {number} does not follow from what was kept before it: {text[:60]!r}"
        before = told
    return None
