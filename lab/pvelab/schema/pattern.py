"""Regular expressions of the schema (Perl's) in Python's spelling."""

import re
from functools import cache


@cache
def compile_pattern(text: str) -> re.Pattern[str]:
    """A Perl pattern as the schema prints it.

    `(?^i:x)` is Perl's stringified form of a compiled expression; Python calls the group `(?i:x)`.

    >>> bool(compile_pattern("(?^i:[a-z]+)").fullmatch("ABC"))
    True
    """
    text = re.sub(r"\(\?\^([a-z]*):", lambda found: f"(?{found[1]}:" if found[1] else "(?:", text)
    return re.compile(text.replace(r"[\(\)-_.\w\d\s]", r"[\(\)\-_.\w\d\s]"), re.ASCII)
