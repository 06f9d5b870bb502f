"""Sabotages of DBA-02: lines that somebody put before all others, "so that it works at last"."""

from collections.abc import Iterator
from contextlib import contextmanager

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from samdrift.federation.database import HOST, SYSTEMS
from tests.checks.host import run
from tests.checks.scene import Scene
from tests.sabotages.hand import firewall_off, scene_of
from tests.sabotages.server import ask

ACCESS = "/etc/postgresql/17/main/pg_hba.conf"


@contextmanager
def let_in(scene: Scene, *lines: str) -> Iterator[None]:
    """Put lines before all others of the server's list of who comes in, and take them away again."""
    right = run(scene, HOST, "cat", ACCESS)
    try:
        serve(scene, "".join(f"{line}\n" for line in lines) + right)
        yield
    finally:
        serve(scene, right)


def serve(scene: Scene, text: str) -> None:
    """Write the list in place, so that owner and mode stay, and have it read."""
    run(scene, HOST, "tee", ACCESS, given=text)
    run(scene, HOST, "systemctl", "reload", "postgresql@17-main.service")


def hall(scene: Scene) -> tuple[str, str]:
    """Prefixes of the hall's own network."""
    network = scene.network("svc")
    return str(network.ipv4), str(network.ipv6)


@sabotage(requirement="DBA-02", name="no-tls-needed")
def no_tls_needed(target: Target) -> Iterator[None]:
    """A program could not be made to speak TLS."""
    with scene_of(target) as scene:
        name = SYSTEMS[0].name
        with let_in(scene, *(f"host {name} {name} {prefix} scram-sha-256" for prefix in hall(scene))):
            yield


@sabotage(requirement="DBA-02", name="account-reads-all")
def account_reads_all(target: Target) -> Iterator[None]:
    """Somebody wanted one report over everything."""
    with (
        scene_of(target) as scene,
        let_in(scene, *(f"hostssl all all {prefix} scram-sha-256" for prefix in hall(scene))),
    ):
        try:
            ask(scene, "GRANT CONNECT ON DATABASE postgres TO PUBLIC")
            yield
        finally:
            ask(scene, "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")


@sabotage(requirement="DBA-02", name="superuser-from-afar")
def superuser_from_afar(target: Target) -> Iterator[None]:
    """The administrator's tool on another host."""
    lines = "hostssl all postgres {} trust"
    with scene_of(target) as scene, let_in(scene, *(lines.format(prefix) for prefix in hall(scene))):
        yield


@sabotage(requirement="DBA-02", name="any-host-of-the-hall")
def any_host_of_the_hall(target: Target) -> Iterator[None]:
    """The firewall was in the way, and the list of hosts too."""
    with (
        scene_of(target) as scene,
        firewall_off(target, HOST),
        let_in(scene, *(f"hostssl sameuser all {prefix} scram-sha-256" for prefix in hall(scene))),
    ):
        yield
