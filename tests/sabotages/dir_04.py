"""Sabotages of DIR-04: hand edits that stay."""

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.register import Registers
from tests.sabotages.hand import scene_of
from tests.sabotages.program import cycle_stopped, program_edited


@sabotage(requirement="DIR-04", name="reconciliation-off")
def reconciliation_off(target: Target) -> Iterator[None]:
    """No cycle runs by itself any more."""
    with scene_of(target) as scene, cycle_stopped(scene):
        yield


@sabotage(requirement="DIR-04", name="accounts-exempt")
def accounts_exempt(target: Target) -> Iterator[None]:
    """Some accounts are left to those who know better."""
    line = "        met.add(found.name)\n"
    exempt = f'{line}        if name.partition(".")[2].startswith("q"):\n            continue\n'
    with scene_of(target) as scene:
        try:
            with program_edited(scene, "difference.py", line, exempt):
                yield
        finally:
            Registers(scene).cycle()
