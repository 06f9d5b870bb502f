"""What follows from registers: accounts, groups, addresses; joiners, movers, leavers; nothing twice."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samdrift.federation import entitlement
from samdrift.identity.desired import LONGEST
from samdrift.identity.difference import difference
from samdrift.identity.entry import Entry
from samdrift.identity.guard import tripped
from samdrift.identity.ledger import Ledger
from samdrift.identity.rule import RuleError, parse
from tests.unit.registers import NOW, TODAY, Memory, cycle, entry, people_changes, rules, wanted

ENDS = date(2027, 6, 30)


def groups_of(name: str, entries: list[Entry]) -> set[str]:
    return {group.name for group in wanted(entries).contents.groups.values() if name in group.members}


def test_who_leads_joins_before_who_is_led() -> None:
    """So that the directory is written to once for each of a region's people, with the manager in it."""
    people = [entry("s1", manager="s3"), entry("s2", manager="s3"), entry("s3")]
    changes, _ = cycle(Memory(), people, Ledger())
    assert people_changes(changes) == ["join ystad.s3", "join ystad.s1", "join ystad.s2"]


@pytest.mark.parametrize(
    ("kind", "place", "has_mailbox"),
    [
        ("staff", "OU=Staff,OU=ystad", True),
        ("elected", "OU=Elected,OU=ystad", True),
        ("consultants", "OU=External,OU=ystad", False),
        ("contractors", "OU=External,OU=ystad", False),
        ("pupils", "OU=Pupils,OU=ystad", True),
    ],
)
def test_each_group_gets_its_own_kind_of_account(kind: str, place: str, has_mailbox: bool) -> None:
    account = wanted([entry(kind=kind, ends=ENDS)]).contents.accounts["ystad.s1"]
    assert (account.place, bool(account.attributes["mail"]), account.expires) == (place, has_mailbox, ENDS)


def test_services_follow_from_kind_by_groups_of_groups() -> None:
    groups = wanted([]).contents.groups
    assert groups["service-mail"].members == {"all-staff", "all-elected", "all-pupils"}
    assert groups["service-workplace-adm"].members == {"all-staff", "all-consultants"}
    assert groups["all-staff"].members == {"ystad-staff", "tomelilla-staff"}


def test_unit_title_and_class_give_groups() -> None:
    teacher = entry(unit="Vård & omsorg", title="1:e lärare")
    assert groups_of("ystad.s1", [teacher]) == {"ystad-staff", "ystad-unit-vard-omsorg", "ystad-role-teacher"}
    pupil = entry("p1", kind="pupils", unit="Norra skolan", classes=("7A",))
    assert "ystad-class-norra-skolan-7a" in groups_of("ystad.p1", [pupil])


def test_a_protected_identity_shows_no_name_unit_or_address() -> None:
    one = entry(protected=True, unit="Skola", title="Lärare", mail="asa@ystad.example")
    (account,) = wanted([one]).contents.accounts.values()
    assert account.place == "OU=Other,OU=ystad"
    shown = repr(account).lower()
    assert not any(word in shown for word in ("åsa", "asa", "öberg", "oberg", "skola", "lärare", "s1"))


def test_engagements_in_two_members_are_one_account_of_the_weightier() -> None:
    both = [entry("k1", kind="consultants", ends=ENDS, person="1"), entry("s4", member="tomelilla", person="1")]
    found = wanted(both).contents
    assert set(found.accounts) == {"tomelilla.s4"}
    assert found.accounts["tomelilla.s4"].expires is None
    assert {"ystad-consultants", "tomelilla-staff"} <= groups_of("tomelilla.s4", both)


def test_an_address_in_two_members_is_named_to_both_and_a_persons_own_is_not() -> None:
    two = [entry(mail="info@ystad.example"), entry("s2", member="tomelilla", mail="info@ystad.example")]
    assert [(fault.member, fault.column) for fault in wanted(two).faults] == [("tomelilla", "mail"), ("ystad", "mail")]
    assert "tomelilla/hr.csv:2" in str(wanted(two).faults[1])
    same = [replace(one, key="k" * 26) for one in two]
    assert not wanted(same).faults


def test_an_address_is_never_given_twice() -> None:
    memory, ledger = Memory(), Ledger()
    _, ledger = cycle(memory, [entry()], ledger)
    assert memory.accounts["ystad.s1"].attributes["mail"] == "asa.oberg@ystad.example"
    _, ledger = cycle(memory, [entry(last="Ek")], ledger)
    assert memory.accounts["ystad.s1"].attributes["mail"] == "asa.oberg@ystad.example", "kept through a new name"
    _, ledger = cycle(memory, [entry("s2")], ledger)
    assert memory.accounts["ystad.s2"].attributes["mail"] == "asa.oberg.s2@ystad.example", "not a leaver's"
    assert wanted([entry("s3", mail="asa.oberg@ystad.example")], ledger).faults


def test_joiner_mover_leaver_return_and_end() -> None:
    memory, ledger = Memory(), Ledger()
    changes, ledger = cycle(memory, [entry(unit="Skola", person="1")], ledger)
    assert people_changes(changes) == ["join ystad.s1"]
    changes, ledger = cycle(memory, [entry("s9", member="tomelilla", unit="Vård", person="1")], ledger)
    assert people_changes(changes) == ["change ystad.s1"], "the same account in another member"
    assert memory.accounts["ystad.s1"].place == "OU=Staff,OU=tomelilla"
    assert "ystad.s1" not in memory.groups["ystad-staff"].members
    assert "ystad.s1" not in memory.groups["ystad-unit-skola"].members
    changes, ledger = cycle(memory, [], ledger)
    assert people_changes(changes) == ["leave ystad.s1"]
    assert not any("ystad.s1" in group.members for group in memory.groups.values())
    changes, ledger = cycle(memory, [entry("s9", member="tomelilla", person="1")], ledger)
    assert people_changes(changes) == ["return ystad.s1"]
    _, ledger = cycle(memory, [], ledger)
    changes, ledger = cycle(memory, [], ledger, now=NOW + timedelta(days=rules().retention_days + 1))
    assert people_changes(changes) == ["delete ystad.s1"]
    changes, ledger = cycle(memory, [entry("s1", person="2")], ledger)
    assert "ystad.s1" not in memory.accounts, "a name is never another's"


def test_an_engagement_lasts_through_its_last_day() -> None:
    memory, ledger = Memory(), Ledger()
    one = [entry(kind="consultants", ends=TODAY)]
    changes, ledger = cycle(memory, one, ledger)
    assert people_changes(changes) == ["join ystad.s1"]
    changes, _ = cycle(memory, one, ledger, now=NOW + timedelta(days=1))
    assert people_changes(changes) == ["leave ystad.s1"]
    assert wanted([entry(starts=TODAY + timedelta(days=1))]).contents.accounts == {}


def test_a_hand_edit_is_reverted_and_called_so_while_the_registers_change_is_none() -> None:
    memory, ledger = Memory(), Ledger()
    _, ledger = cycle(memory, [entry(unit="Skola")], ledger)
    found = memory.accounts["ystad.s1"]
    memory.accounts["ystad.s1"] = replace(found, attributes={**found.attributes, "division": "Ledning"})
    memory.groups["ystad-role-manager"] = replace(
        memory.groups["ystad-staff"], name="ystad-role-manager", members=frozenset({"ystad.s1"})
    )
    memory.groups["ystad-staff"] = replace(memory.groups["ystad-staff"], members=frozenset())
    changes, ledger = cycle(memory, [entry(unit="Skola")], ledger)
    assert {str(one) for one in changes} == {
        "revert ystad.s1: division 'Ledning' -> 'Skola'",
        "members ystad-role-manager: - ystad.s1",
        "revert-members ystad-staff: + ystad.s1",
    }
    changes, _ = cycle(memory, [entry(unit="Vård")], ledger)
    assert people_changes(changes) == ["change ystad.s1"]


def test_a_name_or_key_changed_by_hand_does_not_lose_the_person() -> None:
    memory, ledger = Memory(), Ledger()
    _, ledger = cycle(memory, [entry()], ledger)
    right = memory.accounts.pop("ystad.s1")
    memory.accounts["boss"] = replace(right, name="boss")
    changes, ledger = cycle(memory, [entry()], ledger)
    assert people_changes(changes) == ["revert ystad.s1"]
    memory.accounts["ystad.s1"] = replace(right, attributes={**right.attributes, "employeeNumber": "nonsense"})
    changes, _ = cycle(memory, [entry()], ledger)
    assert people_changes(changes) == ["revert ystad.s1"]


def test_a_blocked_account_stays_shut() -> None:
    memory, ledger = Memory(), Ledger()
    _, ledger = cycle(memory, [entry()], ledger)
    memory.accounts["ystad.s1"] = replace(memory.accounts["ystad.s1"], enabled=False, blocked=True)
    changes, _ = cycle(memory, [entry()], ledger)
    assert changes == []


def test_an_account_of_no_register_is_shut_after_its_hours() -> None:
    memory, ledger = Memory(), Ledger()
    _, ledger = cycle(memory, [entry()], ledger)
    made = NOW - timedelta(hours=rules().stranger_hours)
    memory.accounts["night"] = replace(memory.accounts["ystad.s1"], name="night", attributes={}, created=made)
    memory.groups["ystad-staff"] = replace(memory.groups["ystad-staff"], members=frozenset({"ystad.s1", "night"}))
    changes, ledger = cycle(memory, [entry()], ledger)
    assert changes == []
    changes, _ = cycle(memory, [entry()], ledger, now=NOW + timedelta(minutes=1))
    assert people_changes(changes) == ["strange night"]


def test_a_lost_ledger_costs_nobody_an_account() -> None:
    memory = Memory()
    cycle(memory, [entry()], Ledger())
    there = [(one.key, one.name, one.attributes["mail"]) for one in memory.accounts.values()]
    changes, _ = cycle(memory, [entry()], Ledger().known(there))
    assert changes == []


def test_a_held_member_is_left_as_it_is_even_where_a_person_is_in_another_too() -> None:
    memory, ledger = Memory(), Ledger()
    both = [entry("s1", person="1"), entry("k1", member="tomelilla", kind="consultants", ends=ENDS, person="1")]
    _, ledger = cycle(memory, [*both, entry("s2")], ledger)
    changes, _ = cycle(memory, both[1:], ledger, held=frozenset({"ystad"}))
    assert people_changes(changes) == []


@pytest.mark.parametrize(
    ("there", "left", "trips"), [(100, 90, False), (100, 89, True), (400, 380, False), (2, 0, True)]
)
def test_the_guard_lets_no_crowd_go(there: int, left: int, trips: bool) -> None:
    everybody = [entry(f"s{number}") for number in range(there)]
    memory = Memory()
    _, ledger = cycle(memory, everybody, Ledger())
    found = wanted(everybody[:left], ledger)
    changes = difference(found, memory.present(), rules=rules(), now=NOW, held=frozenset())
    assert bool(tripped(changes, memory.present(), rules())) is trips


def test_the_ledger_is_read_as_it_was_written() -> None:
    memory = Memory()
    _, ledger = cycle(memory, [entry()], Ledger())
    _, ledger = cycle(memory, [], ledger)
    assert Ledger.parse(ledger.text()) == ledger


@pytest.mark.parametrize("change", [{"kinds": {"staff": {}}}, {"guard": {"number": 1, "share": 0}}, {"roles": [{}]}])
def test_rules_that_cannot_be_meant_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(RuleError):
        parse({**entitlement.rules(), **change})


def test_who_has_a_mailbox_stands_in_a_book_and_sees_those_that_were_agreed() -> None:
    books = {one["kind"]: set(one["books"]) for one in entitlement.readers()}
    assert books == {"staff": {"Staff", "Elected", "Pupils"}, "elected": {"Staff", "Elected"}, "pupils": {"Staff"}}
    nameless = {"staff": {**entitlement.rules()["kinds"]["staff"], "book": ""}}
    with pytest.raises(RuleError, match=r"\['staff'\] have a mailbox and no book"):
        parse({**entitlement.rules(), "kinds": {**entitlement.rules()["kinds"], **nameless}})


NAMES = st.sampled_from(["Åsa", "Bo", "李", "de la Cruz", "O'Neil"])
ENTRIES = st.lists(
    st.builds(
        lambda number, member, kind, first, last, person, protected, mail: entry(
            f"{kind[0]}{number}",
            member=member,
            kind=kind,
            first=first,
            last=last,
            person=person,
            protected=protected,
            mail=f"m{mail}@{member}.example" if mail else "",
            ends=ENDS,
        ),
        st.integers(1, 5),
        st.sampled_from(["ystad", "tomelilla"]),
        st.sampled_from(["staff", "pupils", "consultants"]),
        NAMES,
        NAMES,
        st.sampled_from(["", "", "1", "2"]),
        st.booleans(),
        st.integers(0, 3),
    ),
    unique_by=lambda one: (one.member, one.id),
    max_size=12,
)


@settings(max_examples=150)
@given(ENTRIES, ENTRIES, st.randoms(use_true_random=False))
def test_whatever_the_registers_say(before: list[Entry], after: list[Entry], lot: object) -> None:
    """Unique names and addresses; the order of rows means nothing; what was applied differs no more."""
    memory, ledger = Memory(), Ledger()
    for entries in (before, after):
        found = wanted(entries, ledger)
        shuffled = list(entries)
        lot.shuffle(shuffled)  # type: ignore[attr-defined]
        assert wanted(shuffled, ledger).contents == found.contents
        if found.faults:
            return
        addresses = [one.attributes["mail"] for one in found.contents.accounts.values() if one.attributes["mail"]]
        assert len(set(addresses)) == len(addresses)
        assert all(len(name) <= LONGEST for name in found.contents.accounts)
        _, ledger = cycle(memory, entries, ledger)
        assert cycle(memory, entries, ledger)[0] == []
        shut = {name for name, one in memory.accounts.items() if not one.enabled}
        assert not any(shut & group.members for group in memory.groups.values())
