"""Sabotages of DIR-01: a second directory, and a workplace that asks it."""

import time
from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import run
from tests.checks.scene import Scene
from tests.sabotages.hand import scene_of

CONFIGURATION = "/etc/sssd/sssd.conf"
READY = 90.0
"""Seconds within which a workplace knows the directory's people again."""


@sabotage(requirement="DIR-01", name="old-directory-left-running")
def old_directory_left_running(target: Target) -> Iterator[None]:
    """ "We switch it off after the summer"."""
    with scene_of(target) as scene:
        member = scene.members[1]
        scene.plug(scene.network("ped", member), 9).station.ask("impostor.serve", domain=f"old.{member.domain}")
        yield


@sabotage(requirement="DIR-01", name="workplace-points-at-a-local-copy")
def workplace_points_at_a_local_copy(target: Target) -> Iterator[None]:
    """A workplace is set to a directory that somebody keeps beside the desk."""
    with scene_of(target) as scene:
        member = scene.members[0]
        workplace = f"{member.key}-adm"
        copy = scene.plug(scene.network("adm", member), 9)
        copy.station.ask("impostor.serve", domain=scene.federation.hall.ad_domain)
        right = run(scene, workplace, "cat", CONFIGURATION)
        wrong = "".join(
            f"ad_server = {copy.ipv4}\n" if line.startswith("ad_server") else line
            for line in right.splitlines(keepends=True)
        )
        try:
            configure(scene, workplace, wrong)
            yield
        finally:
            configure(scene, workplace, right)
            wait_for_people(scene, workplace)


def configure(scene: Scene, workplace: str, text: str) -> None:
    """Write sssd's configuration in place, so that owner and mode stay, and forget what it remembers."""
    run(scene, workplace, "tee", CONFIGURATION, given=text)
    run(scene, workplace, "sss_cache", "-E")
    run(scene, workplace, "systemctl", "restart", "sssd.service")


def wait_for_people(scene: Scene, workplace: str) -> None:
    """Wait until the workplace resolves the account that joined it."""
    deadline = time.monotonic() + READY
    while scene.station(workplace).ask("shell.run", command=["getent", "passwd", "join"])["code"] != 0:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{workplace} does not know the directory again after {READY:g} s")
        time.sleep(1)
