"""Sabotages of USR-03: leavers who stay, what goes on by itself, and ends that never come."""

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import run
from tests.checks.register import Registers, workplaces
from tests.sabotages.hand import scene_of
from tests.sabotages.program import program_edited

TIMER = "samdrift-sessions.timer"


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
        try:
            for seat in seats:
                run(scene, seat, "systemctl", "disable", "--now", TIMER)
            yield
        finally:
            for seat in seats:
                run(scene, seat, "systemctl", "enable", "--now", TIMER)


@sabotage(requirement="USR-03", name="no-end-in-the-directory")
def no_end_in_the_directory(target: Target) -> Iterator[None]:
    """The last day is in the register, and nowhere else."""
    with scene_of(target) as scene:
        try:
            with program_edited(scene, "directory.py", "    if last is None:", "    if last is None or last:"):
                yield
        finally:
            Registers(scene).cycle()
