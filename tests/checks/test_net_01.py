"""NET-01: no packet of a pedagogical network reaches an administrative one."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from samdrift.compliance.evidence import Evidence
from tests.checks.scene import Place, Scene, new_word
from tests.checks.service import shared_services
from tests.checks.watch import Tap, Watch, note_controls


@pytest.mark.requirement("NET-01")
def test_net_01_pedagogical_cannot_reach_administrative(member: str, scene: Scene, evidence: Evidence) -> None:
    """Pupils' computers must not reach what the administration holds, whoever has misconfigured which firewall.

    A workplace is held back by its own guest firewall too, so a computer without any is plugged in beside it, on both
    sides: what it sends is stopped by the network alone, or not at all.
    """
    word = new_word()
    origins = [scene.plug(scene.network("ped", scene.member(member)))]
    origins += [scene.at(name) for name in scene.guests if name == f"{member}-ped"]
    watch = Watch(word, administrative_places(scene))
    watch.prove_captures(scene.at("edge", "transit"), evidence)
    tap = Tap(scene, word=word, ports=watch.ports)
    evidence.need(len(origins) * len(watch.targets()))

    with ThreadPoolExecutor(len(origins)) as together:
        told = list(together.map(lambda one: probe(one, watch, scene=scene, evidence=evidence), origins))
    innocent = reach_from_own_segment(scene, watch, evidence)

    arrived = watch.tell(innocent=innocent)
    crossed = tap.tell(vnets=[scene.network("adm", one).vnet for one in scene.members], innocent=innocent)
    answered = [f"{origin.name} got an answer from {one['name']}" for origin, one in told_answers(origins, told)]
    evidence.case(sum(len(one) for one in told))
    evidence.note(
        f"{', '.join(o.name for o in origins)}: {evidence.cases} probes with {word} to {len(watch.protected)} places"
    )
    assert not (found := [*arrived, *(one for seen in crossed.values() for one in seen), *answered]), "; ".join(
        found[:6]
    )


def administrative_places(scene: Scene) -> list[Place]:
    """Every member's workplace, its gateway's leg, and a computer of nobody's: what an administrative network holds."""
    places = []
    for one in scene.members:
        places.append(scene.plug(scene.network("adm", one)))
        legs = {"adm": "adm", "gw": "adm"}
        places += [
            scene.at(f"{one.key}-{part}", leg) for part, leg in legs.items() if f"{one.key}-{part}" in scene.guests
        ]
    return places


def probe(origin: Place, watch: Watch, *, scene: Scene, evidence: Evidence) -> list[dict[str, object]]:
    """Try every protected target, and in the same second what is allowed: the positive control of this origin."""
    allowed = shared_services(scene)
    answers = origin.station.ask("sender.burst", targets=[*watch.targets(), *allowed], word=watch.word, seconds=2.0)
    note_controls(evidence, origin.name, answers[-len(allowed) :], what="a shared service")
    return answers[: -len(allowed)]


def reach_from_own_segment(scene: Scene, watch: Watch, evidence: Evidence) -> set[str]:
    """Reach every plugged listener from a neighbour in its own segment; return the neighbours' addresses."""
    innocent: set[str] = set()
    for one in scene.members:
        network = scene.network("adm", one)
        neighbour, own = scene.plug(network, 2), scene.plug(network)
        innocent |= {*neighbour.addresses}
        targets = next(protected.targets() for protected in watch.protected if protected.place is own)
        answers = neighbour.station.ask("sender.burst", targets=targets, word=watch.word, seconds=2.0)
        note_controls(evidence, neighbour.name, answers, what="the protected listener in its own segment")
    return innocent


def told_answers(origins: list[Place], told: list[list[dict[str, object]]]) -> list[tuple[Place, dict[str, object]]]:
    """Return what the senders themselves took for an answer: the first of the two observers."""
    return [
        (o, one) for o, answers in zip(origins, told, strict=True) for one in answers if one["result"] == "answered"
    ]
