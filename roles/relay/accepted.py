"""Configuration of many files that only make sense together: looked at by the program that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyinfra import host
from pyinfra.api import StringCommand, operation

from roles.operations.unit import UnitState


@operation()
def accepted(*, unit: str, check: str) -> Iterator[Any]:
    """Refuse to go on where `unit` would be restarted with files that `check` does not accept."""
    if host.get_fact(UnitState, unit=unit).get("Pending") == "yes":
        yield StringCommand(check)
    else:
        host.noop(f"{unit} runs with its files")
