"""The case system's contents as they shall be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation

PROGRAM = "/usr/local/sbin/samdrift-helpdesk"


class Lacking(FactBase):
    """What queues, fields, groups and rights lack, a line each; also when the database cannot be asked."""

    default = list

    def command(self) -> str:
        return f"{PROGRAM} check 2>&1 || true"

    def process(self, output: list[str]) -> list[str]:
        return output


@operation()
def made() -> Iterator[Any]:
    """Make queues, fields, groups, rights, texts and rules as the configuration says, in one transaction."""
    if not host.get_fact(Lacking):
        host.noop("the case system has all it shall have")
        return
    yield StringCommand(f"{PROGRAM} apply")
