"""GOV-06: what runs is what the code says, and every difference is seen."""

import json
import time

import pytest

from samdrift import drift
from samdrift.compliance.evidence import Evidence
from samdrift.standard import catalogue
from tests.checks.scene import Scene
from tests.checks.watch import first

WITHIN_H = catalogue.load().by_id("GOV-06").threshold("detection")


@pytest.mark.requirement("GOV-06")
def test_gov_06_specified_equals_actual(scene: Scene, evidence: Evidence) -> None:
    """A platform that has been changed by hand is nobody's specification any more, and the next change breaks it."""
    stacks = [one.name for one in scene.federation.stacks]
    evidence.need(len(stacks) + len(scene.guests))
    handed_over = [json.loads((scene.state.handover / f"{name}.json").read_text()) for name in stacks]
    evidence.control("the handover names every declared host", alive=names_in(handed_over) == set(scene.guests))
    begun = time.monotonic()
    seen = drift.observe(state=scene.state.root, stacks=stacks)
    took = time.monotonic() - begun
    evidence.case(len(seen.stacks) + len(seen.hosts))
    evidence.note(
        f"{len(seen.stacks)} stacks refreshed, their guests listed, {len(seen.hosts)} hosts read in {took:.0f} s"
    )
    assert not seen.differences, first(str(one) for one in seen.differences)
    assert took < WITHIN_H * 3600, f"a difference is seen after {took:.0f} s only"


def names_in(handed_over: list[list[dict[str, str]]]) -> set[str]:
    """Return the names of the hosts in handover files."""
    return {one["name"] for records in handed_over for one in records}
