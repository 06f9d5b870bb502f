"""NET-02: the two networks are apart on layer 2 too."""

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.federation.derived import Network
from samdrift.federation.network import networks_of
from tests.checks.scene import Place, Scene, new_word
from tests.checks.watch import Tap, first, sentence

KINDS = 4
"""ARP, DHCP, IPv4 multicast, IPv6 multicast."""
FORMS = 3
"""Behind one tag, behind two, behind a service tag; each beside the untagged frame."""


@pytest.mark.requirement("NET-02")
def test_net_02_no_frame_crosses(member: str, scene: Scene, evidence: Evidence) -> None:
    """A switch port that carries both networks undoes every router's rule, so frames are followed, not packets."""
    own = {name: scene.network(name, scene.member(member)) for name in ("adm", "ped")}
    networks = [one for stack in scene.federation.stacks for one in networks_of(scene.federation, stack)]
    for network in own.values():
        assert not (odd := misplaced(scene, network)), f"{', '.join(odd)}: plugged into {network.vnet} against the plan"

    origins = [(new_word(), network, place) for network in own.values() for place in places(scene, member, network)]
    tap = Tap(scene, networks, words=[word for word, _, _ in origins])
    called_for = 0
    for word, network, place in origins:
        tags = [one.tag for one in networks if one.vnet != network.vnet]
        called_for += KINDS * (1 + FORMS * len(tags))
        sent = send(place, word=word, tags=tags)
        evidence.case(sent)
        evidence.note(f"{place.name} sent {sent} frames with {word} into {network.vnet}")
    evidence.need(called_for)

    crossed = []
    frames = tap.frames()
    for word, network, place in origins:
        mine = [one for one in frames if word in one["words"]]
        arrived = [one for one in mine if one["vnet"] == network.vnet and one["way"] == "outgoing"]
        evidence.control(f"frames of {place.name} are seen going to others in {network.vnet}", alive=bool(arrived))
        strays = [one for one in mine if one["vnet"] != network.vnet]
        crossed += [sentence(one, f"from {place.name}: the tap on {one['vnet']}") for one in strays]
    assert not crossed, first(crossed)


def places(scene: Scene, member: str, network: Network) -> list[Place]:
    """The workplace of that class, and a computer of nobody's; a second one is there to whom the segment floods."""
    scene.plug(network, 2)
    return [scene.plug(network)] + [scene.at(name) for name in scene.guests if name == f"{member}-{network.name}"]


def send(place: Place, *, word: str, tags: list[int]) -> int:
    """Send frames of every kind from every interface of the place; return how many."""
    count = 0
    for interface in place.station.ask("frame.interfaces"):
        sent = place.station.ask(
            "frame.send", interface=interface, word=word, tags=tags, address4=place.ipv4, address6=place.ipv6
        )
        count += len(sent)
    return count


def misplaced(scene: Scene, network: Network) -> list[str]:
    """Return the ports of a VNet that the plan does not put there, and the planned ones that are missing."""
    planned = {
        f"veth{guest.vm_id}i{number}": guest.name
        for guest in scene.guests.values()
        for number, leg in enumerate(guest.interfaces)
        if leg.vnet == network.vnet
    }
    found = {port for port in scene.wall.ask("wire.ports", bridge=network.vnet) if port.startswith("veth")}
    odd = [f"{port} (of guest {port.removeprefix('veth').partition('i')[0]})" for port in sorted(found - set(planned))]
    return odd + [f"{port} of {planned[port]} is missing" for port in sorted(set(planned) - found)]
