"""Sabotages of USR-03: leavers who stay, what goes on by itself, and ends that never come."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from samdrift.federation.application import PORTAL
from tests.checks import session
from tests.checks.host import run
from tests.checks.register import Registers, workplaces
from tests.checks.scene import Scene
from tests.sabotages.hand import scene_of
from tests.sabotages.program import program_edited


@sabotage(requirement="USR-03", name="leavers-stay")
def leavers_stay(target: Target) -> Iterator[None]:
    """Somebody may still need the mailbox."""
    with scene_of(target) as scene:
        try:
            with program_edited(scene, "difference.py", "elif found.enabled:", "elif False:"):
                yield
        finally:
            Registers(scene).cycle()


@sabotage(requirement="USR-03", name="sessions-go-on")
def sessions_go_on(target: Target) -> Iterator[None]:
    """Shut in the directory only; who is signed in works on."""
    with scene_of(target) as scene:
        seats = [name for name in workplaces(scene) if name.endswith("-adm")]
        with nobody_looks(scene, session.WORKPLACE, seats):
            yield


@sabotage(requirement="USR-03", name="mail-programs-go-on")
def mail_programs_go_on(target: Target) -> Iterator[None]:
    """Who is signed in to the mailbox reads on."""
    with scene_of(target) as scene, nobody_looks(scene, session.HALL["mail"], ["mail"]):
        yield


@sabotage(requirement="USR-03", name="sign-ins-go-on")
def sign_ins_go_on(target: Target) -> Iterator[None]:
    """Who came in by the portal stays in every application."""
    with scene_of(target) as scene, nobody_looks(scene, session.HALL[PORTAL], [PORTAL]):
        yield


@contextmanager
def nobody_looks(scene: Scene, unit: str, hosts: Sequence[str]) -> Iterator[None]:
    """Meanwhile nothing on these hosts asks again who may be signed in."""
    try:
        for host in hosts:
            run(scene, host, "systemctl", "disable", "--now", f"{unit}.timer")
        yield
    finally:
        for host in hosts:
            run(scene, host, "systemctl", "enable", "--now", f"{unit}.timer")


@sabotage(requirement="USR-03", name="no-end-in-the-directory")
def no_end_in_the_directory(target: Target) -> Iterator[None]:
    """The last day is in the register, and nowhere else."""
    with scene_of(target) as scene:
        try:
            with program_edited(scene, "directory.py", "    if last is None:", "    if last is None or last:"):
                yield
        finally:
            Registers(scene).cycle()
