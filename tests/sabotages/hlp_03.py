"""Sabotages of HLP-03: cases without a group, without an end, without an alarm."""

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from samdrift.federation.support import HOST
from tests.sabotages.hand import run, scene_of
from tests.sabotages.hlp_01 import changed
from tests.sabotages.hlp_02 import CASE

FACTS = "/etc/request-tracker5/samdrift.json"


@sabotage(requirement="HLP-03", name="one-group-gets-all")
def one_group_gets_all(target: Target) -> Iterator[None]:
    """Somebody moved a system to the group that had time."""
    with (
        scene_of(target) as scene,
        changed(scene, FACTS, '"competence": "service"', '"competence": "first"', "apache2.service"),
    ):
        yield


@sabotage(requirement="HLP-03", name="closed-without-an-answer")
def closed_without_an_answer(target: Target) -> Iterator[None]:
    """The rule was in the way when the statistics were due."""
    with (
        scene_of(target) as scene,
        changed(scene, CASE, "not is_answered($case)", "0", "apache2.service"),
    ):
        yield


@sabotage(requirement="HLP-03", name="alarm-switched-off")
def alarm_switched_off(target: Target) -> Iterator[None]:
    """It rang too often."""
    with scene_of(target) as scene:
        try:
            run(scene, HOST, "systemctl", "stop", "samdrift-helpdesk-clock.timer")
            yield
        finally:
            run(scene, HOST, "systemctl", "start", "samdrift-helpdesk-clock.timer")
