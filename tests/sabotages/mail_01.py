"""Sabotages of MAIL-01: mail that goes somewhere else, nowhere, or back at the first difficulty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import run
from tests.checks.scene import Scene
from tests.sabotages.hand import scene_of
from tests.sabotages.spam_01 import GATEWAY, STORE, parameters

NAMES = "ns1"


@sabotage(requirement="MAIL-01", name="one-mx-repointed")
def one_mx_repointed(target: Target) -> Iterator[None]:
    """A member's old provider wrote its own host back into the zone."""
    with scene_of(target) as scene:
        domain, gateway = scene.members[0].domain, scene.guests[GATEWAY].fqdn
        with zone(scene, domain, f"MX 10 {gateway}.", "MX 10 mx.internet.example."):
            yield


@sabotage(requirement="MAIL-01", name="old-mail-host-left-running")
def old_mail_host_left_running(target: Target) -> Iterator[None]:
    """The old server was kept "to look things up", and still takes mail."""
    with scene_of(target) as scene:
        scene.plug(scene.network("adm", scene.members[1]), 9).station.ask("mail_host.play")
        yield


@sabotage(requirement="MAIL-01", name="one-transport-black-holed")
def one_transport_black_holed(target: Target) -> Iterator[None]:
    """A line for a test last spring: this domain's mail was to reach nobody."""
    with scene_of(target) as scene:
        nowhere = f"inline:{{ {{{scene.members[-1].domain} = discard:}} }}"
        with parameters(scene, STORE, transport_maps=nowhere):
            yield


@sabotage(requirement="MAIL-01", name="queue-lifetime-zero")
def queue_lifetime_zero(target: Target) -> Iterator[None]:
    """Somebody wanted bounces to come at once."""
    changed = {"maximal_queue_lifetime": "0", "bounce_queue_lifetime": "0"}
    with scene_of(target) as scene, parameters(scene, GATEWAY, **changed):
        yield


@contextmanager
def zone(scene: Scene, domain: str, right: str, wrong: str) -> Iterator[None]:
    """Change a public zone for as long as it lasts; the world forgets what it knew of it before and after."""
    file = f"/etc/nsd/zones/{domain}.zone"
    kept = run(scene, NAMES, "cat", file)
    if right not in kept:
        raise OSError(f"{NAMES}: {file} has no {right!r}")
    try:
        published(scene, file, kept.replace(right, wrong))
        yield
    finally:
        published(scene, file, kept)


def published(scene: Scene, file: str, text: str) -> None:
    """Put a zone in force, and make the world's resolver ask again."""
    run(scene, NAMES, "tee", file, given=text)
    run(scene, NAMES, "systemctl", "restart", "nsd.service")
    run(scene, "outside", "systemctl", "restart", "unbound.service")
