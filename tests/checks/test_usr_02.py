"""USR-02: who is entered or changed in a register has the right access, and nobody did anything."""

import secrets

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.standard import catalogue
from tests.checks.register import DIRECTORIES, automatic, is_known, joined, new_person, opens_mailbox, signs_in
from tests.checks.scene import Scene
from tests.checks.watch import first


@pytest.mark.requirement("USR-02")
def test_usr_02_joiners_have_what_they_need(member: str, scene: Scene, evidence: Evidence) -> None:
    """Somebody's first day is a register's row, then an account, a group, a seat and a mailbox, in the agreed time."""
    limit = catalogue.load().by_id("USR-02").threshold("joiner")
    people = [new_person(scene.member(member), kind) for kind in ("staff", "pupils")]
    evidence.need(4)
    wrong = []
    with joined(scene, people, unit="Probe unit") as (registers, _):
        for one in people:
            told = scene.station("dc2").ask("account.shown", name=one.name, attributes=["memberOf", "mail"])
            groups = {name.split(",")[0].removeprefix("CN=") for name in told["memberOf"]}
            evidence.note(f"{one.name} ({one.kind}) is in {', '.join(sorted(groups))}, mail {told['mail']}")
            seat = f"{member}-{'adm' if one.kind == 'staff' else 'ped'}"
            evidence.control(
                f"a wrong password is refused at {seat}", alive=not signs_in(scene, seat, one, password="wrong-1-word")
            )
            wrong += [] if signs_in(scene, seat, one) else [f"{one.name} cannot sign in at {seat}"]
            wrong += [] if opens_mailbox(scene, one) else [f"{one.name} has no mailbox"]
            wrong += [] if f"{member}-{one.kind}" in groups else [f"{one.name} is not in its group"]
            evidence.case(2)
        wrong += automatic(registers, evidence, limit=limit, seconds=registers.cycle())
    assert not wrong, first(wrong)


@pytest.mark.requirement("USR-02")
def test_usr_02_movers_keep_who_they_are_and_lose_the_rest(member: str, scene: Scene, evidence: Evidence) -> None:
    """Rights are collected over the years by who moves within the house, unless the old ones go with the old place."""
    limit = catalogue.load().by_id("USR-02").threshold("mover")
    here, there = scene.member(member), next(one for one in scene.members if one.key != member)
    word = secrets.token_hex(4)
    one = new_person(here, "staff")
    number = f"18{secrets.randbelow(100):02d}0101{secrets.randbelow(10_000):04d}"  # nobody who lives has it
    evidence.need(3)
    wrong = []
    with joined(scene, [one], unit=f"Gamla {word}", personal_number=number) as (registers, _):

        def groups() -> set[str]:
            told = scene.station("dc1").ask("account.shown", name=one.name, attributes=["memberOf"])
            return {name.split(",")[0].removeprefix("CN=") for name in told["memberOf"]}

        sid = scene.station("dc1").ask("account.shown", name=one.name, attributes=[])["sid"]
        evidence.control(f"{one.name} is in its first unit's group", alive=f"{member}-unit-gamla-{word}" in groups())

        registers.put(one, unit=f"Nya {word}", personal_number=number)
        seconds = registers.cycle()
        evidence.case()
        wrong += [] if f"{member}-unit-nya-{word}" in groups() else ["the new unit's group is missing"]
        wrong += ["the old unit's group is kept"] if f"{member}-unit-gamla-{word}" in groups() else []

        registers.drop(one)
        other = new_person(there, "consultants")
        try:
            registers.put(other, personal_number=number)
            registers.cycle()
            for host in DIRECTORIES:  # a workplace may ask either
                known = is_known(scene, host, one.name, group=f"{there.key}-consultants")
                evidence.control(f"{host} has {one.name} in {there.key}'s group", alive=known)
            told = scene.station("dc1").ask("account.shown", name=one.name, attributes=["employeeType"])
            evidence.case()
            evidence.note(f"{one.name} with {there.key} as a consultant: {told.get('dn')}, in {sorted(groups())}")
            wrong += [] if told.get("sid") == sid else [f"{one.name} is somebody else with {there.key}"]
            kept = sorted(name for name in groups() if name.startswith(f"{member}-"))
            wrong += [f"{one.name} keeps {', '.join(kept)}"] if kept else []
            evidence.case()
            wrong += ["a consultant signs in where employees do"] if signs_in(scene, f"{there.key}-ped", one) else []
        finally:
            registers.drop(other)
        wrong += automatic(registers, evidence, limit=limit, seconds=seconds)
    assert not wrong, first(wrong)
