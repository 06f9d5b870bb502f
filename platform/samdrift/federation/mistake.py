"""What is wrong in a stack file, in words: file, line, key, value found, what is accepted."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SECRET_KEY = re.compile(
    r"(pass(word|wd|phrase)|secret|token|private_?key|credential|api_?key|ssh_?key)", re.IGNORECASE
)
_SECRET_VALUE = re.compile(
    r"-----BEGIN|^\S+@\S+![\w-]+=[0-9a-f-]{36}$|^v1:[A-Za-z0-9+/=]+:|^\$(1|5|6|y|2[aby])\$|[a-z][a-z0-9+]*://[^/@\s]+:[^/@\s]+@"
)


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake. `line` counts from 1; 0 where the file as a whole is meant. `key` is a path: `a.b[1].c`."""

    file: str
    line: int
    key: str
    found: str
    accepted: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        key = f"{self.key}: " if self.key else ""
        return f"{where}: {key}found {self.found}; accepted: {self.accepted}"


class LoadError(Exception):
    """The stack files have mistakes: all of them, in order of file and line."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        count = len(self.mistakes)
        return "\n".join([f"{count} mistake{'s' * (count != 1)} in the stack files:", *map(str, self.mistakes)])


def is_secret_key(key: str) -> bool:
    """Whether a key by its name wants a secret as value."""
    return bool(_SECRET_KEY.search(key))


def is_secret_value(value: object) -> bool:
    """Whether a value looks like a key, a token, a hash of a password, or a URL with a password in it."""
    return isinstance(value, str) and bool(_SECRET_VALUE.search(value))


def shown(value: object) -> str:
    """A value as a message may show it: short, and never something that looks like a secret."""
    if is_secret_value(value):
        return "something that looks like a secret"
    text = repr(value) if not isinstance(value, dict | list) else ("a mapping" if isinstance(value, dict) else "a list")
    return text if len(text) <= 80 else text[:77] + "..."
