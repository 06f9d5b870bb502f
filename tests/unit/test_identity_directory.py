"""What the directory is told to hold while somebody else writes to it."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from samdrift.identity.difference import difference
from samdrift.identity.directory import Directory
from samdrift.identity.ledger import Ledger
from tests.unit.registers import NOW, rules, wanted

BASE = "DC=ad,DC=example"
STAFF = f"OU=Staff,OU=ystad,OU=Members,{BASE}"
GROUP = f"CN=ystad-staff,OU=ystad,OU=Members,{BASE}"
Answer = tuple[str, dict[str, list[bytes]]]


class Busy(Directory):
    """A directory in which something happens between one search and the next."""

    def __init__(self, meanwhile: Callable[["Busy"], None]) -> None:
        """One group with nobody in it."""
        self.base, self.people = BASE, f"OU=Members,{BASE}"
        self.accounts: list[str] = []
        self.others: list[str] = []
        self.members: list[str] = []
        self.meanwhile = meanwhile

    def person(self, name: str) -> None:
        """Somebody is made by hand, and put into the group."""
        self.accounts.append(f"CN={name},{STAFF}")
        self.members.append(f"CN={name},{STAFF}")

    def _search(self, base: str, expression: str, attributes: Sequence[str], scope: str = "") -> Iterator[Answer]:
        if "objectClass=group" in expression:
            if base == self.people:
                yield GROUP, {"sAMAccountName": [b"ystad-staff"], "member": [one.encode() for one in self.members]}
        elif "distinguishedName" in expression:
            yield from ((dn, {}) for dn in (*self.accounts, *self.others) if f"={dn})" in expression)
        else:
            for dn in self.accounts:
                name = dn.partition(",")[0].removeprefix("CN=").encode()
                made = NOW.strftime("%Y%m%d%H%M%S.0Z").encode()
                yield dn, {"sAMAccountName": [name], "userAccountControl": [b"512"], "whenCreated": [made]}
        self.meanwhile(self)


def removed(directory: Directory) -> list[str]:
    """Who would be taken out of groups."""
    found = difference(wanted([], Ledger()), directory.present(), rules=rules(), now=NOW, held=frozenset())
    return sorted(name for one in found for name in one.remove)


@pytest.mark.parametrize("moment", [1, 2, 3])
def test_who_is_made_while_a_cycle_reads_keeps_the_groups(moment: int) -> None:
    """An account for an emergency is in its groups as long as it lives, whenever a cycle begins."""
    seen = []

    def meanwhile(directory: Busy) -> None:
        seen.append(1)
        if len(seen) == moment:
            directory.person("nödkonto")

    assert removed(Busy(meanwhile)) == []
    assert len(seen) >= moment


def test_who_is_deleted_while_a_cycle_reads_is_asked_out_of_no_group() -> None:
    """The directory would refuse it, and the cycle with it."""
    directory = Busy(lambda one: one.accounts.clear())
    directory.person("nödkonto")
    assert removed(directory) == []


def test_what_is_no_person_does_not_stay_in_a_group() -> None:
    """Put there by hand: below a member's unit, and elsewhere."""
    directory = Busy(lambda one: None)
    directory.others = [f"CN=adm1,OU=Computers,OU=ystad,OU=Members,{BASE}"]
    directory.members = [*directory.others, f"CN=admin,OU=Hall,{BASE}"]
    assert removed(directory) == sorted(directory.members)
