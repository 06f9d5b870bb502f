"""Calendar events: when a backup job runs (`02:30`, `mon..fri 22:00`, `sat *-1..7 15:00`, `*/30`, `daily`)."""

import re

_WORDS = frozenset(
    {"minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "yearly", "annually"}
)
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_DAYS = re.compile(rf"{_DAY}(?:\.\.{_DAY})?(?:,{_DAY}(?:\.\.{_DAY})?)*", re.IGNORECASE)
_PART = r"(?:\*|\d+(?:\.\.\d+)?)(?:/\d+)?(?:,\d+(?:\.\.\d+)?(?:/\d+)?)*"
_DATE = re.compile(rf"{_PART}(?:-{_PART}){{1,2}}")
_TIME = re.compile(rf"{_PART}(?::{_PART}){{0,2}}")


def is_calendar_event(text: str) -> bool:
    """Whether Proxmox VE can read it: days, then a date, then a time, each optional, one at least.

    >>> is_calendar_event("mon..fri 22:00"), is_calendar_event("soon")
    (True, False)
    """
    if text.strip().lower() in _WORDS:
        return True
    pieces = text.split()
    for pattern in (_DAYS, _DATE, _TIME):
        if pieces and pattern.fullmatch(pieces[0]):
            pieces.pop(0)
    return not pieces and bool(text.strip())
