"""MON-01: a failure is a case at the desk before users call, and over when the failure is."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.compliance.target import confirm
from samdrift.federation import hall, watch
from samdrift.federation.network import networks_of
from samdrift.federation.record import Member
from samdrift.federation.setting.monitor import system_of
from samdrift.standard import catalogue
from tests.checks.alarm import HOST, Book, Failure, wait
from tests.checks.desk import Desk, agents
from tests.checks.host import answers, first_rule, stopped
from tests.checks.power import switched_off
from tests.checks.scene import Scene
from tests.checks.watch import first

AGREED = 60.0 * catalogue.load().by_id("MON-01").threshold("case raised")
ENTRY = "Servicedesk"
"""The desk's queue for what is no single member's."""


@pytest.mark.requirement("MON-01")
def test_mon_01_failures_become_cases(scene: Scene, evidence: Evidence) -> None:
    """One of each class at once: a server, a service, a link and a backup job. Which, nobody knows before."""
    confirm(scene.state)  # a server is switched off
    owner, cut = random.sample(scene.members, 2)
    kept = [row for row in hall.present(scene.federation.hall) if hall.is_kept(row) and row.name != HOST]
    stands, saves = random.sample(kept, 2)
    wanted = {
        "server": Failure("server", f"{owner.key}-ped svarar inte", owner.municipality, system_of("workplace")),
        "service": Failure(
            "service", f"chrony.service på {stands.name} är", ENTRY, system_of(watch.service_of(stands.role))
        ),
        "link": Failure("link", f"{cut.key}-gw svarar inte", cut.municipality, system_of(watch.NETWORK)),
        "backup job": Failure(
            "backup job", f"samdrift-backup.timer på {saves.name} är", ENTRY, system_of(watch.service_of(saves.role))
        ),
    }
    evidence.need(2 * len(wanted) + 1)
    with agents(scene, [owner]) as (agent,):  # who is cut off cannot ask the desk
        book = Book(Desk(scene), agent)
        book.closed([*wanted.values()], seconds=AGREED)  # of what an earlier check stopped
        before = [one.kind for one in wanted.values() if book.open(one)]
        evidence.control(f"nothing of it has failed before: {before or 'nothing'}", alive=not before)
        with ExitStack() as failing:
            failing.enter_context(away(scene, f"{owner.key}-ped"))
            failing.enter_context(stopped(scene, stands.name, "chrony.service"))
            failing.enter_context(cut_off(scene, cut))
            failing.enter_context(stopped(scene, saves.name, "samdrift-backup.timer"))
            raised = book.opened([*wanted.values()], seconds=AGREED)
            missed = [one.kind for one in wanted.values() if one not in raised]
            wrong = [f"no case of a stopped {kind} within {AGREED:g} s" for kind in missed]
            for failure in raised:
                wrong += faults(book, failure, evidence)
            evidence.case()
            behind = Failure("host behind a link", f"{cut.key}-adm svarar inte", "", "")
            if book.open(behind):
                wrong.append(f"{cut.key}-adm has a case of its own although the link before it is down")
        over = book.closed(raised, seconds=AGREED)
        wrong += [f"the case of the {one.kind} stays open after recovery" for one in raised if one not in over]
        evidence.case(len(over))
    assert not wrong, first(wrong)


def faults(book: Book, failure: Failure, evidence: Evidence) -> list[str]:
    """What is wrong with the failure's case: how many, in which queue, about which system."""
    found = book.open(failure)
    evidence.case()
    evidence.note(f"{failure.kind}: {[one['Subject'] for one in found]}")
    if len(found) != 1:
        return [f"{len(found)} cases of one stopped {failure.kind}"]
    fields = {one["name"]: one["values"] for one in found[0]["CustomFields"]}
    queue = found[0]["Queue"]["Name"]
    wrong = []
    if queue != failure.queue:
        wrong.append(f"the case of the {failure.kind} is in {queue}, not in {failure.queue}")
    if fields.get("System") != [failure.system]:
        wrong.append(f"the case of the {failure.kind} is about {fields.get('System')}, not {failure.system}")
    return wrong


@contextmanager
def away(scene: Scene, guest: str) -> Iterator[None]:
    """Switch a guest off; it is back when this ends.

    Where no case was told the check ends at once, and who takes its people away comes to this guest too.
    """
    try:
        with switched_off(scene, guest):
            yield
    finally:
        wait(lambda: answers(scene, guest), seconds=AGREED)


@contextmanager
def cut_off(scene: Scene, member: Member) -> Iterator[None]:
    """Have edge send a member nothing: the member's line, as the hall sees it. The way in by the bastion stays."""
    own = [str(network.ipv4) for network in networks_of(scene.federation, member)]
    gateway = str(scene.guests[f"{member.key}-gw"].interface("transit").ipv4.ip)
    with first_rule(scene, "edge", "ip", "daddr", "{", ", ".join([*own, gateway]), "}", "drop"):
        yield
