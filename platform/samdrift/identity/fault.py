"""What is wrong with a register: named so that whoever keeps the register finds the place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One place in a register that cannot be used."""

    member: str
    file: str
    """The file, or the path asked of the API."""
    line: int
    """Line of the file or number of the object; 0 where the whole file is meant."""
    column: str
    found: str
    accepted: str

    def __str__(self) -> str:
        """`ystad/hr.csv:17 ends: '2026-13-01'; a date such as 2027-06-30 is accepted`."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place} {self.column}: {self.found!r}; {self.accepted}"


class RegisterError(Exception):
    """A register of one member cannot be used; `faults` says every place. Nothing of it is applied."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        """Take at least one fault."""
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults
