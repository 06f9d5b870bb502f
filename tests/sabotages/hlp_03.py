"""Sabotages of HLP-03: cases without a group, without an end, without an alarm."""

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from samdrift.federation.support import HOST
from tests.checks.host import changed, run
from tests.sabotages.hand import scene_of
from tests.sabotages.hlp_02 import CASE

FACTS = "/etc/request-tracker5/samdrift.json"


@sabotage(requirement="HLP-03", name="one-group-gets-all")
def one_group_gets_all(target: Target) -> Iterator[None]:
    """Somebody moved a system to the group that had time."""
    right, wrong = '"competence": "service"', '"competence": "first"'
    with (
        scene_of(target) as scene,
        changed(scene, HOST, FACTS, lambda text: text.replace(right, wrong), unit="apache2.service"),
    ):
        yield


@sabotage(requirement="HLP-03", name="closed-without-an-answer")
def closed_without_an_answer(target: Target) -> Iterator[None]:
    """The rule was in the way when the statistics were due."""
    with (
        scene_of(target) as scene,
        changed(scene, HOST, CASE, lambda text: text.replace("not is_answered($case)", "0"), unit="apache2.service"),
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
