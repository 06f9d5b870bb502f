"""One line of the bench: a figure, and what it is to be compared with."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`value` and `reference` in `unit`, measured in the same run; `against` says what the reference is."""

    what: str
    unit: str
    value: float
    against: str
    reference: float

    @property
    def ratio(self) -> float:
        """How many times the reference."""
        return self.value / self.reference


def timed(work: Callable[[], object]) -> float:
    """Do it; return the seconds that it took."""
    began = time.monotonic()
    work()
    return time.monotonic() - began
