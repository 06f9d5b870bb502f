"""Sample people of a member: the same ones for the same member, whatever the other members are.

In production people come from the members' own records; this stands in for them, at a size that is a setting.
"""

from __future__ import annotations

import random
import unicodedata
from typing import Any

from roles.operations.setting import require

ACCOUNT = 20
"""Length of a sAMAccountName."""

# The most common first names and surnames in Sweden.
FIRST = (
    "Maria Anna Margareta Elisabeth Eva Kristina Birgitta Karin Marie Ingrid Linnéa Sofia Marianne Lena Helena Sara Emma "
    "Kerstin Johanna Katarina Viktoria Emelie Amanda Malin Ebba Alice Åsa Astrid Elsa Maja Erik Lars Karl Anders Johan Per "
    "Nils Jan Lennart Emil Hans Fredrik Oskar Magnus Gustav Sven Peter Axel Alexander Mikael Björn Bengt Göran Olof Viktor "
    "Hugo Elias William Noah Liam Adam Ahmed Ali Fatima Mohamed Nour Yusuf Amina Zahra"
).split()
LAST = (
    "Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson Pettersson Jonsson Jansson "
    "Hansson Bengtsson Jönsson Lindberg Jakobsson Magnusson Olofsson Lindström Lindqvist Lindgren Axelsson Berg Bergström "
    "Lundberg Lind Lundgren Lundqvist Mattsson Berglund Fredriksson Sandberg Henriksson Ali Mohamed Forsberg Sjöberg "
    "Wallin Engström Eklund Danielsson Lundin Håkansson Björk Bergman Gunnarsson Holm Wikström Samuelsson Isaksson Fransson "
    "Bergqvist Nyström Holmberg Arvidsson Löfgren Söderberg Nyberg Blomqvist Claesson Nordström Mårtensson Hassan Ahmed"
).split()


def people(member: dict[str, Any], size: dict[str, int]) -> list[dict[str, str]]:
    """Return `size["staff"]` and `size["pupils"]` people of the member.

    Account names are unique in the whole federation and at most 20 characters, as Active Directory wants them:
    `ystad.s12` is the twelfth of Ystad's staff, `ystad.p12` the twelfth pupil.
    """
    longest = len(f"{member['key']}.p{max(size.values(), default=0)}")
    require(longest <= ACCOUNT, "directory.members.key", member["key"], f"account names of {ACCOUNT} characters at most")
    found: list[dict[str, str]] = []
    for kind in ("staff", "pupils"):
        # One sequence a kind: a larger sample begins with the people of the smaller one.
        chosen = random.Random(f"{member['key']}/{kind}")  # noqa: S311 - sample data, no secret
        found += [_person(member, kind, number, chosen) for number in range(1, size.get(kind, 0) + 1)]
    return found


def _person(member: dict[str, Any], kind: str, number: int, chosen: random.Random) -> dict[str, str]:
    first, last = chosen.choice(FIRST), chosen.choice(LAST)
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
