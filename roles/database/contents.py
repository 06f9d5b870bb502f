"""Accounts and databases as they shall be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation

PROGRAM = "/usr/local/sbin/samdrift-database"


class Lacking(FactBase):
    """What accounts and databases lack, a line each; also when the server cannot be asked."""

    default = list

    def command(self) -> str:
        return f"{PROGRAM} check 2>&1 || true"

    def process(self, output: list[str]) -> list[str]:
        return output


@operation()
def made() -> Iterator[Any]:
    """Make accounts, databases and rights as /etc/samdrift/database.json says."""
    if not host.get_fact(Lacking):
        host.noop("accounts, databases and rights are as they shall be")
        return
    yield StringCommand(f"{PROGRAM} apply")
