"""The five verdicts and how several of them become one."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What is known about a requirement, worst first: merging takes the first that occurs."""

    FAIL = "FAIL"
    """Observed: it does not hold."""
    DNF = "DNF"
    """Did not finish: the check could not observe what it had to. Never a pass."""
    UNPROVEN = "UNPROVEN"
    """No check, or no check of a clause of the statement, is executed yet."""
    PASS = "PASS"
    """Observed: it holds."""
    NOT_APPLICABLE = "N/A"
    """Nothing here to which it applies."""

    @property
    def is_red(self) -> bool:
        """Whether a run that contains it has failed; UNPROVEN is red only to the strict."""
        return self in (Verdict.FAIL, Verdict.DNF)


RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}


def merge(first: Verdict, *others: Verdict) -> Verdict:
    """Return the worst of the verdicts.

    >>> merge(Verdict.PASS, Verdict.UNPROVEN, Verdict.NOT_APPLICABLE).value
    'UNPROVEN'
    """
    return min((first, *others), key=RANK.__getitem__)
