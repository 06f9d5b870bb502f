"""The guard against a broken register: nobody loses an account in a crowd without somebody having said why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from samdrift.identity.account import Contents
from samdrift.identity.difference import LEAVING, Change
from samdrift.identity.rule import Rules


def tripped(changes: Iterable[Change], present: Contents, rules: Rules) -> dict[str, str]:
    """Return, for each member that would lose too many at once, the sentence that says so.

    More than `guard_number` and more than `guard_share` of those with a living account; or everybody. Whose account is
    shut loses nothing when it is deleted in the end: the crowd was let go when it was shut.
    """
    leaving = Counter(one.member for one in changes if one.verb in LEAVING and one.present and one.present.enabled)
    living = Counter(one.member for one in present.accounts.values() if one.enabled and one.key)
    found = {}
    for member, count in leaving.items():
        most = max(rules.guard_number, rules.guard_share * living[member])
        if count > most or (living[member] > 1 and count >= living[member]):
            found[member] = (
                f"{count} of {living[member]} accounts of {member} would be shut at once: at most "
                f"{max(rules.guard_number, int(rules.guard_share * living[member]))} are accepted without a reason"
            )
    return found
