"""DBA-02: each system reaches its own data only, from its own hosts only, over TLS."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.federation.database import HOST, System, systems
from tests.checks.scene import Place, Scene, new_word
from tests.checks.service import shared_services
from tests.checks.watch import first, note_controls

OWN = "SELECT '{word}', current_user, current_database(), ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
SUPERUSER = "postgres"


@pytest.mark.requirement("DBA-02")
def test_dba_02_own_data_only(scene: Scene, evidence: Evidence) -> None:
    """A system that was broken into must not open the others' data, nor give its password away on the cable."""
    ways = [
        (system, host, address)
        for system in systems(scene.federation.hall)
        for host in system.hosts
        for address in addresses(scene)
    ]
    evidence.need(sum(3 + len(others(scene, system)) for system, _, _ in ways))
    found = [one for way in ways for one in seen_by_its_own_host(scene, *way, evidence=evidence)]
    assert not found, first(found)


def seen_by_its_own_host(scene: Scene, system: System, host: str, address: str, evidence: Evidence) -> list[str]:
    """What a system's host can do at one address of the server that it should not, or cannot that it should."""
    word, way = new_word(), f"{system.name} from {host} to {address}"

    def attempt(**changed: Any) -> dict[str, Any]:
        facts = {"user": system.name, "database": system.name, "password": scene.state.secret(system.secret), **changed}
        evidence.case()
        answer: dict[str, Any] = scene.station(host).ask("postgres.attempt", address=address, **facts)
        return answer

    own = attempt(query=OWN.format(word=word), name=f"{HOST}.{scene.federation.hall.domain}")
    evidence.control(
        f"{way}: its own database answers", alive=own["rows"][:1] == [[word, system.name, system.name, "t"]]
    )
    plain = attempt(tls=False)
    evidence.note(f"{way}: without TLS {plain['said']}")
    wrong = [f"{way}: comes in without TLS"] if plain["step"] == "in" else []
    for database in others(scene, system):
        if (told := attempt(database=database))["step"] == "in":
            wrong.append(f"{way}: reads database {database}")
        evidence.note(f"{way}: database {database}: {told['said']}")
    if attempt(user=SUPERUSER, database=SUPERUSER, password="")["step"] == "in":
        wrong.append(f"{way}: is the superuser")
    return wrong


@pytest.mark.requirement("DBA-02")
def test_dba_02_own_hosts_only(scene: Scene, evidence: Evidence) -> None:
    """A password that leaked is worth nothing elsewhere: neither at a workplace nor on another host of the hall."""
    strangers = [
        scene.plug(scene.network("svc")),
        *(scene.at(name) for name in scene.guests if is_workplace(scene, name)),
    ]
    ordered = systems(scene.federation.hall)
    evidence.need(len(strangers) * len(ordered) * len(addresses(scene)))
    allowed = [one for one in shared_services(scene) if one["port"] == 389]

    def tries(stranger: Place) -> list[str]:
        answers = stranger.station.ask("sender.burst", targets=allowed, word=new_word())
        note_controls(evidence, stranger.name, answers, what="a shared service")
        return [
            f"{stranger.name} comes in as {system.name} at {address}"
            for system in ordered
            for address in addresses(scene)
            if enters(stranger, system, address)
        ]

    def enters(stranger: Place, system: System, address: str) -> bool:
        secret = scene.state.secret(system.secret)
        facts: dict[str, Any] = {"user": system.name, "database": system.name, "password": secret, "seconds": 2.0}
        told = stranger.station.ask("postgres.attempt", address=address, **facts)
        evidence.case()
        evidence.note(f"{stranger.name}: {system.name} at {address}: {told['step']} {told['said']}")
        return bool(told["step"] == "in")

    with ThreadPoolExecutor(6) as together:
        found = [one for told in together.map(tries, strangers) for one in told]
    assert not found, first(found)


def addresses(scene: Scene) -> tuple[str, str]:
    """Both addresses of the server."""
    return scene.at(HOST).addresses


def others(scene: Scene, system: System) -> list[str]:
    """Every database that is not the system's: the other systems', and the server's own."""
    return [SUPERUSER, "template1", *(one.name for one in systems(scene.federation.hall) if one != system)]


def is_workplace(scene: Scene, name: str) -> bool:
    """Whether people sit there."""
    return "workplace" in scene.guests[name].roles
