"""What a role's own program keeps as it shall be: it says what lacks, and puts it right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation


class Lacking(FactBase):
    """What a program says that lacks, a line each; also why it cannot tell."""

    default = list

    def command(self, look: str) -> str:
        return f"{look} 2>&1 || true"

    def process(self, output: list[str]) -> list[str]:
        return output


@operation()
def applied(*, look: str, apply: str, whole: str) -> Iterator[Any]:
    """Run `apply` where something lacks.

    + look: command that changes nothing and prints what lacks, nothing where all is as it shall be
    + apply: command that puts it right, and fails where it cannot
    + whole: what is said where nothing lacks
    """
    if not host.get_fact(Lacking, look=look):
        host.noop(whole)
        return
    yield StringCommand(apply)
