"""DIR-01: one directory signs everybody in, and no other answers anywhere."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.federation.derived import Network
from samdrift.federation.network import networks_of
from tests.checks.register import DIRECTORIES, Person, is_known, joined, new_person, workplaces
from tests.checks.scene import Scene
from tests.checks.watch import first

CITIZENS = {"o=citizens"}
"""What the citizens' directory may call itself."""


@pytest.fixture
def person(scene: Scene) -> Iterator[Person]:
    """One of some member's staff, known by its register, gone afterwards."""
    found = new_person(secrets.choice(scene.members), "staff")
    with joined(scene, [found]):
        yield found


@pytest.mark.requirement("DIR-01")
def test_dir_01_one_account_signs_in_everywhere(scene: Scene, person: Person, evidence: Evidence) -> None:
    """An account that works at home only is not one directory's; a wrong password shows that signing in can fail."""
    evidence.need(2 * len(workplaces(scene)))
    for host in DIRECTORIES:
        evidence.control(f"{host} holds {person.name}, made just now", alive=is_known(scene, host, person.name))

    def attempt(workplace: str) -> list[str]:
        station = scene.station(workplace)
        wrong = station.ask("sign_in.attempt", user=person.name, password="not the password", patience=60.0)
        right = station.ask("sign_in.attempt", user=person.name, password=person.password, patience=60.0)
        evidence.case(2)
        evidence.note(f"{workplace}: {person.name} ends at {right['step']}, with a wrong password at {wrong['step']}")
        refused = [f"{workplace} lets a wrong password in"] if wrong["step"] != "password" else []
        admitted = [f"{workplace} refuses {person.name} at {right['step']}"] if right["step"] != "signed in" else []
        return refused + admitted

    with ThreadPoolExecutor(4) as together:
        found = [one for told in together.map(attempt, workplaces(scene)) for one in told]
    assert not found, first(found)


@pytest.mark.requirement("DIR-01")
def test_dir_01_no_other_directory_answers(scene: Scene, evidence: Evidence) -> None:
    """A member's old directory that is left running goes on signing people in long after they have left."""
    networks = [one for stack in scene.federation.stacks for one in networks_of(scene.federation, stack)]
    evidence.need(len(networks))
    with ThreadPoolExecutor(6) as together:
        found = [one for told in together.map(lambda n: others_in(scene, n, evidence), networks) for one in told]
    found += [one for network in networks if network.member for one in silent_from(scene, network, evidence)]
    assert not found, first(found)


def others_in(scene: Scene, network: Network, evidence: Evidence) -> list[str]:
    """Sweep one segment; return a sentence for each directory in it that is not one of the declared ones."""
    place = scene.plug(network)
    realm = scene.federation.hall.realm
    live = place.station.ask(
        "neighbour.sweep",
        interface=place.interface,
        own=place.ipv4,
        prefixes=[str(network.ipv4), str(network.ipv6)],
        patience=60.0,
    )
    live = [one for one in live if one not in place.addresses and not one.startswith("fe80:")]
    planned = {
        str(one.ip)
        for guest in scene.guests.values()
        for leg in guest.interfaces
        if leg.vnet == network.vnet
        for one in (leg.ipv4, leg.ipv6)
    }
    evidence.control(f"the sweep of {network.vnet} finds its {len(planned)} hosts", alive=planned <= set(live))
    answering = place.station.ask("directory.ask", addresses=live, realm=realm, patience=120.0)
    evidence.case()
    evidence.note(f"{network.vnet}: {len(live)} live addresses, directories at {', '.join(answering) or 'none'}")
    declared = {
        a
        for host in DIRECTORIES
        for a in scene.at(host).addresses
        if scene.guests[host].interfaces[0].vnet == network.vnet
    }
    # The citizens' directory is no internal one (DIR-02), as long as it does not call itself one.
    citizens = {
        str(one.ip)
        for guest in scene.guests.values()
        if "citizens" in guest.roles
        for one in (guest.interfaces[0].ipv4, guest.interfaces[0].ipv6)
    }
    strangers = [
        f"{a} in {network.vnet} answers {answering[a]['protocols']} as {answering[a]['names']}"
        for a in answering
        if a not in declared and not (a in citizens and set(answering[a]["names"]) <= CITIZENS)
    ]
    return strangers + [
        f"{address} in {network.vnet} does not answer as a directory" for address in declared - set(answering)
    ]


def silent_from(scene: Scene, network: Network, evidence: Evidence) -> list[str]:
    """Ask the declared directories from a member's segment; each has to name the one domain as its own."""
    place, hall = scene.plug(network), scene.federation.hall
    addresses = [address for host in DIRECTORIES for address in scene.at(host).addresses]
    told = place.station.ask("directory.ask", addresses=addresses, realm=hall.realm, patience=60.0)
    root = ",".join(f"DC={label}" for label in hall.ad_domain.split("."))
    evidence.case(len(addresses))
    return [
        f"{address} does not answer {network.vnet} as the directory of {root}"
        for address in addresses
        if root.lower() not in {str(name).lower() for name in told.get(address, {}).get("names", [])}
    ]
