"""USR-01: every target group gets exactly the account and the services that were agreed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.federation import application
from samdrift.federation.entitlement import kinds, readers, rules
from tests.checks.register import (
    ALL_KINDS,
    Person,
    Registers,
    binds,
    directory_name,
    joined,
    new_person,
    opens_mailbox,
    signs_in,
    workplaces,
)
from tests.checks.scene import Scene
from tests.checks.watch import first


@pytest.mark.requirement("USR-01")
def test_usr_01_every_group_opens_what_was_agreed(member: str, scene: Scene, evidence: Evidence) -> None:
    """A consultant with an employee's rights is nobody's decision; a representative without mail is everybody's."""
    agreed = {kind: set(rule["services"]) for kind, rule in rules()["kinds"].items()}
    people = [new_person(scene.member(member), kind) for kind in ALL_KINDS]
    seats = [name for name in workplaces(scene) if name.startswith(f"{member}-")]
    evidence.need(len(people) * (len(seats) + 3))
    with joined(scene, people):
        known = [binds(scene, seats[0], directory_name(scene, "dc1"), _upn(scene, one), one.password) for one in people]
        for one, alive in zip(people, known, strict=True):
            evidence.control(f"{one.kind}: {one.name} and its password are known to the directory", alive=alive)
        with ThreadPoolExecutor(4) as together:
            told = together.map(lambda one: _doors(scene, one, seats, evidence), people)
            found = dict(zip((one.kind for one in people), told, strict=True))
    for service in ("workplace-adm", "workplace-ped", "mail", "help-desk"):
        evidence.control(f"somebody gets in by {service}", alive=any(service in opened for opened in found.values()))
    wrong = []
    for kind, opened in found.items():
        evidence.note(f"{kind}: opens {', '.join(sorted(opened)) or 'nothing'}")
        wrong += [f"{kind} of {member} gets in by {service}, not agreed" for service in sorted(opened - agreed[kind])]
        wrong += [f"{kind} of {member} does not get in by {service}" for service in sorted(agreed[kind] - opened)]
    assert not wrong, first(wrong)


def _doors(scene: Scene, one: Person, seats: list[str], evidence: Evidence) -> set[str]:
    """Services that let the person in."""
    opened = {f"workplace-{scene.guests[seat].interfaces[0].name}" for seat in seats if signs_in(scene, seat, one)}
    evidence.case(len(seats))
    if opens_mailbox(scene, one):
        opened.add("mail")
    evidence.case()
    desk = application.BY_NAME["desk"].address(scene.federation)
    told = scene.station(seats[0]).ask(
        "entrance.comes_in", url=desk, user=one.name, password=one.password, patience=120.0
    )
    if told["in"]:
        opened.add("help-desk")
    evidence.case()
    told = scene.station("dc1").ask("account.shown", name=one.name, attributes=["mail", "employeeType"])
    has_mailbox, evident = bool(told["mail"]), bool(rules()["kinds"][one.kind]["mailbox"])
    evidence.case()
    if has_mailbox != evident:
        opened.add("an address" if has_mailbox else "no address, which was agreed")
    return opened


def _upn(scene: Scene, one: Person) -> str:
    return f"{one.name}@{scene.federation.hall.ad_domain}"


@pytest.mark.requirement("USR-01")
def test_usr_01_nobody_looks_into_another_member(member: str, scene: Scene, evidence: Evidence) -> None:
    """An account opens its own member's address book at most; a pupil that is hidden at home must be so everywhere."""
    others = [one for one in scene.members if one.key != member]
    people = [new_person(scene.member(member), reader["kind"]) for reader in readers()]
    stranger = new_person(others[0], "staff")
    evidence.need(2 * len(people) * len(others) + len(people))
    root = ",".join(f"DC={label}" for label in scene.federation.hall.ad_domain.split("."))
    wrong = []
    with somebody_hidden(scene, member) as hidden, joined(scene, [*people, stranger]):
        (nameless,) = hidden()
        for one in people:
            for host in ("dc1", "dc2"):
                told = scene.station(f"{member}-ped").ask(
                    "ldap.search",
                    host=directory_name(scene, host),
                    name=_upn(scene, one),
                    password=one.password,
                    base=root,
                    equals=["sAMAccountName", "*"],
                    patience=30.0,
                )
                own = [name for name in told["names"] if f",OU={member},OU=Members," in name]
                evidence.control(f"{one.kind} at {host} finds {len(own)} of its own member", alive=bool(own))
                for other in others:
                    seen = [name for name in told["names"] if f",OU={other.key},OU=Members," in name]
                    evidence.case()
                    wrong += [f"{one.kind} of {member} finds {len(seen)} of {other.key} at {host}"] if seen else []
                if any(",OU=Other," in name for name in told["names"]):
                    wrong.append(f"{one.kind} of {member} finds a protected identity at {host}")
            evidence.case()
            wrong += found_by_webmail(scene, one, [*people, stranger], hidden=nameless)
    assert not wrong, first(wrong)


def found_by_webmail(scene: Scene, one: Person, people: list[Person], *, hidden: str) -> list[str]:
    """What is wrong with whom the webmail finds for the person: it asks by an account that may see everybody."""
    words = {each.last_name: each.kind for each in people if each.member == one.member}
    agreed = {kind for kind in words.values() if kinds()[kind] in rules()["kinds"][one.kind]["sees"]}
    strangers = [each.last_name for each in people if each.member != one.member]
    told = scene.station(f"{one.member.key}-ped").ask(
        "webmail.known",
        host=scene.guests["mail"].fqdn,
        user=one.name,
        password=one.password,
        searches=[*words, *strangers, hidden],
        patience=120.0,
    )
    listed = {words[word] for word, found in told["recipients"].items() if word in words and found}
    seen = listed | {words[word] for word, found in told["people"].items() if word in words and found}
    who = f"{one.kind} of {one.member.key}"
    wrong = [f"{who} does not find {kind} in the webmail" for kind in sorted(agreed - listed)]
    wrong += [f"{who} finds {kind} in the webmail, not agreed" for kind in sorted(seen - agreed)]
    for what, searched in (("another member's people", strangers), ("a protected identity", [hidden])):
        if any(told[place][word] for place in told for word in searched):
            wrong.append(f"{who} finds {what} in the webmail")
    return wrong


@contextmanager
def somebody_hidden(scene: Scene, member: str) -> Iterator[Callable[[], set[str]]]:
    """Have somebody with a protected identity in the member's register.

    Gives what tells the account's name, which says nothing of the person, after a cycle; gone afterwards.
    """
    registers, one = Registers(scene), new_person(scene.member(member), "staff")

    def named() -> set[str]:
        unit = f"OU=Other,OU={member},OU=Members"
        told = scene.station("dc1").ask("shell.run", command=["samba-tool", "ou", "listobjects", unit], patience=60.0)
        return {line.partition(",")[0].removeprefix("CN=") for line in told["out"].split() if line.startswith("CN=")}

    before = named()
    registers.put(one, protected="yes")
    try:
        yield lambda: named() - before
    finally:
        registers.drop(one)
        registers.await_end()
        for name in named() - before:
            scene.station("dc1").ask("account.remove", name=name)
