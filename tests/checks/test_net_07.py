"""NET-07: clients reach no management, and no member reaches another's own systems."""

import random

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.federation import addressing
from tests.checks.scene import Place, Scene, new_word
from tests.checks.service import declared_ports, shared_services
from tests.checks.watch import Tap, Watch, first

MANAGEMENT = ("mgt", "vault")


@pytest.mark.requirement("NET-07")
def test_net_07_members_and_management_are_isolated(member: str, scene: Scene, evidence: Evidence) -> None:
    """A client that finds the hypervisor's or a neighbour's door open needs no further mistake of anybody's."""
    own = scene.member(member)
    origins = [scene.plug(scene.network(name, own)) for name in ("adm", "ped")]
    origins += [scene.at(f"{member}-{name}") for name in ("adm", "ped") if f"{member}-{name}" in scene.guests]
    watch = Watch(new_word(), protected_places(scene, member))
    watch.prove_captures(scene, evidence)
    forbidden = [scene.network(name) for name in MANAGEMENT]
    forbidden += [scene.network(name, one) for one in scene.members if one != own for name in ("adm", "ped")]
    tap = Tap(scene, forbidden, sources=[address for one in origins for address in one.addresses])
    evidence.need(len(origins) * len(watch.targets()))

    found = watch.attack(origins, evidence, allowed=shared_services(scene))
    if not found:
        # Through a router that lets all pass, refused ports by the 65535 would fill every table of connections on the
        # way, and for a minute or two no new one gets through: no engineer's either.
        found += sweep(scene, member, random.choice(origins[:2]), evidence)
    innocent = watch.prove_listeners(scene, evidence)
    found += watch.tell(innocent=innocent)
    found += tap.tell()
    assert not found, first(found)


def protected_places(scene: Scene, member: str) -> list[Place]:
    """Computers of nobody's in the management networks and in every other member's, and the other members' hosts."""
    others = [one for one in scene.members if one.key != member]
    places = [scene.plug(scene.network(name)) for name in MANAGEMENT]
    places += [scene.plug(scene.network(name, one)) for one in others for name in ("adm", "ped")]
    hosts = [(f"{one.key}-{part}", leg) for one in others for part, leg in LEGS.items()]
    return places + [scene.at(host, leg) for host, leg in hosts if host in scene.guests]


LEGS = {"adm": "adm", "ped": "ped", "gw": "transit"}


def sweep(scene: Scene, member: str, origin: Place, evidence: Evidence) -> list[str]:
    """Knock at every TCP port of the management addresses, and of one other member's hosts in one family, by lot."""
    edge = scene.at("edge", "transit")
    other = random.choice([one.key for one in scene.members if one.key != member])
    targets = [*management_addresses(scene), *addresses_of(scene, other, family=random.choice((4, 6)))]
    told = origin.station.ask(
        "scan.ports",
        targets=[*targets, *edge.addresses],
        source={"4": origin.ipv4, "6": origin.ipv6},
        patience=240.0,
    )
    for address in edge.addresses:
        alive = bool(told[address]["open"])
        evidence.control(f"the sweep from {origin.name} finds declared ports of edge at {address}", alive=alive)
    evidence.note(f"{origin.name} knocked at every TCP port of {', '.join(targets)}")
    evidence.case(len(targets))
    declared = {address: declared_ports(scene, "edge") for address in edge.addresses}
    return [
        f"{address} answers {origin.name} at port {port}"
        for address, answer in told.items()
        for port in answer["open"]
        if port not in declared.get(address, ())
    ]


def management_addresses(scene: Scene) -> list[str]:
    """Every hall guest's legs in the management networks, and the engineer's desk."""
    legs = [leg for guest in scene.guests.values() for leg in guest.interfaces if leg.name in MANAGEMENT]
    mgt = scene.network("mgt")
    desk = addressing.host4(mgt.ipv4, addressing.ENGINEER), addressing.host6(mgt.ipv6, addressing.ENGINEER)
    return [str(one.ip) for leg in legs for one in (leg.ipv4, leg.ipv6)] + [str(one.ip) for one in desk]


def addresses_of(scene: Scene, member: str, *, family: int) -> list[str]:
    """Every address of a member's hosts in one family."""
    legs = [leg for guest in scene.guests.values() if guest.member == member for leg in guest.interfaces]
    return [str(leg.ipv4.ip if family == 4 else leg.ipv6.ip) for leg in legs]
