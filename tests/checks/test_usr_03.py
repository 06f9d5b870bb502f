"""USR-03: who leaves is out everywhere, also of what was open; what ends on a date ends on it."""

import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.standard import catalogue
from tests.checks import portal, session
from tests.checks.register import (
    REPLICATION,
    Person,
    automatic,
    binds,
    directory_name,
    joined,
    new_person,
    opens_mailbox,
    signs_in,
)
from tests.checks.scene import Scene
from tests.checks.watch import first

APPLICATION_S = 90.0
"""An application asks the portal once a minute who is there (`OIDCUserInfoRefreshInterval`)."""


@pytest.mark.requirement("USR-03")
def test_usr_03_leavers_are_out(member: str, scene: Scene, evidence: Evidence) -> None:
    """A ticket lasts for hours and a session for days, unless somebody asks again whether they may."""
    limit = catalogue.load().by_id("USR-03").threshold("leaver")
    one, seat = new_person(scene.member(member), "staff"), f"{member}-adm"
    station, domain = scene.station(seat), scene.federation.hall.ad_domain
    principal = f"ldap/{directory_name(scene, 'dc1')}"
    sites = [one.address(scene.federation) for one in portal.for_kind("staff") if one.guest in scene.guests]
    evidence.need(7 + len(sites))
    with joined(scene, [one]) as (registers, _):
        evidence.control(f"{one.name} signs in at {seat}", alive=signs_in(scene, seat, one))
        evidence.control(f"{one.name} opens the mailbox", alive=opens_mailbox(scene, one, at=seat))
        ticket = station.ask("door.ticket", user=f"{one.name}@{domain.upper()}", password=one.password, patience=60.0)
        evidence.control(
            "the ticket gets one for a service", alive=station.ask("door.service", ticket=ticket, principal=principal)
        )
        running = station.ask("door.stay", user=one.name, seconds=7200, patience=30.0)
        evidence.control("a session is open", alive=running > 0)
        station.ask("mailbox.stay", host=scene.guests["mail"].fqdn, user=one.name, password=one.password, patience=60.0)
        evidence.control("a mail program is signed in", alive=station.ask("mailbox.open_still", user=one.name))
        for url in sites:
            station.ask("entrance.stay", url=url, user=one.name, password=one.password, patience=120.0)
            there = station.ask("entrance.inside_still", url=url, user=one.name, patience=60.0)
            evidence.control(f"somebody stays at {url}", alive=there)

        registers.drop(one)
        seconds = registers.cycle()
        wrong = automatic(registers, evidence, limit=limit, seconds=seconds)
        for host in ("dc1", "dc2"):
            evidence.case()
            wrong += [f"{host} lets {one.name} in by LDAP"] if bound_still(scene, seat, host, one) else []
        evidence.case()
        wrong += [f"{one.name} signs in at {seat}"] if signs_in(scene, seat, one) else []
        evidence.case()
        wrong += [f"{one.name} opens the mailbox"] if opens_mailbox(scene, one, at=seat) else []
        evidence.case()
        still = station.ask("door.service", ticket=ticket, principal=principal, patience=60.0)
        wrong += ["a ticket from before still gets tickets for services"] if still else []
        station.ask("door.forget", ticket=ticket)
        evidence.case()
        wrong += session.looks(scene, seat, session.WORKPLACE)
        open_still = station.ask("door.open_still", user=one.name)
        wrong += [f"{open_still} processes of {one.name} still run at {seat}"] if open_still else []
        for host, unit in session.HALL.items():
            wrong += session.looks(scene, host, unit)
        evidence.case()
        served = station.ask("mailbox.open_still", user=one.name, seconds=10.0)
        wrong += [f"the mail program of {one.name} is served still"] if served else []
        station.ask("mailbox.leave", user=one.name)
        for url in sites:
            evidence.case()
            facts = {"seconds": APPLICATION_S, "patience": APPLICATION_S + 90.0}
            inside = station.ask("entrance.inside_still", url=url, user=one.name, **facts)
            wrong += [f"{url} shows {one.name} its pages still"] if inside else []
            station.ask("entrance.leave", url=url, user=one.name)
    assert not wrong, first(wrong)


def bound_still(scene: Scene, seat: str, host: str, one: Person) -> bool:
    """Whether the host lets the person in when it has had the time to hear of it from the other one."""
    name = f"{one.name}@{scene.federation.hall.ad_domain}"
    deadline = time.monotonic() + REPLICATION
    while binds(scene, seat, directory_name(scene, host), name, one.password):
        if time.monotonic() > deadline:
            return True
        time.sleep(1.0)
    return False


@pytest.mark.requirement("USR-03")
def test_usr_03_what_ends_on_a_date_ends_on_it(member: str, scene: Scene, evidence: Evidence) -> None:
    """A consultant's account ends by itself: no cycle, and nobody's memory, is needed on the day."""
    one, seat = new_person(scene.member(member), "consultants"), f"{member}-adm"
    last = date.today() + timedelta(days=3)
    evidence.need(2)
    wrong = []
    with joined(scene, [one], ends=f"{last}"):
        told = scene.station("dc1").ask("account.shown", name=one.name, attributes=["accountExpires"])
        ends = _moment(int(told["accountExpires"][0]))
        evidence.case()
        evidence.note(f"{one.name} ends at {ends}, its last day is {last}")
        right = datetime.combine(last + timedelta(days=1), datetime.min.time(), ZoneInfo("Europe/Stockholm"))
        wrong += [] if ends == right else [f"{one.name} ends at {ends} and not after {last}"]
        evidence.control(f"{one.name} signs in before its end", alive=signs_in(scene, seat, one))
        # The day comes: the end is moved to a minute ago, for the clock of a directory is not to be moved.
        past = str(int((datetime.now(ZoneInfo("UTC")) - EPOCH).total_seconds() - 60) * 10_000_000)
        for host in ("dc1", "dc2"):
            scene.station(host).ask("account.change", name=one.name, attribute="accountExpires", value=past)
        evidence.case()
        wrong += [f"{one.name} signs in after its end"] if signs_in(scene, seat, one) else []
    assert not wrong, first(wrong)


EPOCH = datetime(1601, 1, 1, tzinfo=ZoneInfo("UTC"))


def _moment(ticks: int) -> datetime | None:
    """A moment of accountExpires (MS-ADTS 2.2.1): 100 ns since 1601; None for never."""
    if ticks in (0, 2**63 - 1):
        return None
    return (EPOCH + timedelta(microseconds=ticks // 10)).astimezone(ZoneInfo("Europe/Stockholm"))
