"""Sample people of a member: the same ones for the same member, whatever the other members are.

In production people come from the members' own records; this stands in for them, at a size that is a setting.
"""

from __future__ import annotations

import random
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from roles.operations.setting import require

ACCOUNT = 20
"""Length of a sAMAccountName."""


@cache
def _names(file: str) -> list[str]:
    """The most common first names and surnames in Sweden, a line each."""
    return Path(__file__).with_name(file).read_text().split()


def people(member: dict[str, Any], size: dict[str, int]) -> list[dict[str, str]]:
    """Return `size["staff"]` and `size["pupils"]` people of the member.

    Account names are unique in the whole federation and at most 20 characters, as Active Directory wants them:
    `ystad.s12` is the twelfth of Ystad's staff, `ystad.p12` the twelfth pupil.
    """
    longest = len(f"{member['key']}.p{max(size.values(), default=0)}")
    require(
        longest <= ACCOUNT, "directory.members.key", member["key"], f"account names of {ACCOUNT} characters at most"
    )
    found: list[dict[str, str]] = []
    for kind in ("staff", "pupils"):
        # One sequence a kind: a larger sample begins with the people of the smaller one.
        chosen = random.Random(f"{member['key']}/{kind}")
        found += [_person(member, kind, number, chosen) for number in range(1, size.get(kind, 0) + 1)]
    return found


def _person(member: dict[str, Any], kind: str, number: int, chosen: random.Random) -> dict[str, str]:
    first, last = chosen.choice(_names("first_names.txt")), chosen.choice(_names("surnames.txt"))
    return {
        "account": f"{member['key']}.{kind[0]}{number}",
        "first": first,
        "last": last,
        "kind": kind,
        "member": member["key"],
        "mail": f"{_letters(first)}.{_letters(last)}.{kind[0]}{number}@{member['domain']}",
    }


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.lower()
