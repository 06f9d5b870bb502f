"""Sabotages of USR-02: a register that is not heard, and movers who collect rights."""

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.sabotages.hand import scene_of
from tests.sabotages.program import cycle_stopped, program_edited


@sabotage(requirement="USR-02", name="cycle-stopped")
def cycle_stopped_for_good(target: Target) -> Iterator[None]:
    """ "I start it when somebody new comes"."""
    with scene_of(target) as scene, cycle_stopped(scene):
        yield


@sabotage(requirement="USR-02", name="movers-keep-their-groups")
def movers_keep_their_groups(target: Target) -> Iterator[None]:
    """Nobody complains of too many rights."""
    with scene_of(target) as scene:
        line = "remove = found - shall.members - strangers"
        with program_edited(scene, "difference.py", line, "remove: frozenset[str] = frozenset()"):
            yield
