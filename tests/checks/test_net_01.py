"""NET-01: no packet of a pedagogical network reaches an administrative one."""

import pytest

from samdrift.compliance.evidence import Evidence
from tests.checks.scene import Place, Scene, new_word
from tests.checks.service import shared_services
from tests.checks.watch import Tap, Watch, first


@pytest.mark.requirement("NET-01")
def test_net_01_pedagogical_cannot_reach_administrative(member: str, scene: Scene, evidence: Evidence) -> None:
    """Pupils' computers must not reach what the administration holds, whoever has misconfigured which firewall.

    A workplace is held back by its own guest firewall too, so a computer without any is plugged in beside it, on both
    sides: what it sends is stopped by the network alone, or not at all.
    """
    origins = [scene.plug(scene.network("ped", scene.member(member)))]
    origins += [scene.at(name) for name in scene.guests if name == f"{member}-ped"]
    watch = Watch(new_word(), administrative_places(scene))
    watch.prove_captures(scene, evidence)
    networks = [scene.network("adm", one) for one in scene.members]
    tap = Tap(scene, networks, words=[watch.word], ports=watch.ports)
    evidence.need(len(origins) * len(watch.targets()))

    found = watch.attack(origins, evidence, allowed=shared_services(scene))
    innocent = watch.prove_listeners(scene, evidence)
    found += watch.tell(innocent=innocent)
    found += tap.tell(innocent=innocent)
    assert not found, first(found)


def administrative_places(scene: Scene) -> list[Place]:
    """Every member's workplace, its gateway's leg, and a computer of nobody's: what an administrative network holds."""
    places = [scene.plug(scene.network("adm", one)) for one in scene.members]
    hosts = [f"{one.key}-{part}" for one in scene.members for part in ("adm", "gw")]
    return places + [scene.at(host, "adm") for host in hosts if host in scene.guests]
