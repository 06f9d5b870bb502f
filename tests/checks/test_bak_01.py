"""BAK-01: what was lost comes back, within the agreed loss and time, and its user reads it."""

import math
import re
from datetime import datetime

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.recovery import drill
from samdrift.recovery.host import RecoveryError, run
from samdrift.recovery.restore import kept
from samdrift.standard import catalogue
from tests.checks.scene import Scene
from tests.checks.watch import first

HOUR = 3600.0
NEXT_TWO = (
    "systemctl -q is-active samdrift-backup.timer || exit 0; "
    "when=$(systemctl show --value -p TimersCalendar samdrift-backup.timer); when=${when#*OnCalendar=}; "
    'TZ=UTC systemd-analyze calendar --iterations=2 "${when%% ;*}"'
)


@pytest.mark.requirement("BAK-01")
def test_bak_01_restore_within_agreed_loss_and_time(scene: Scene, evidence: Evidence) -> None:
    """A backup that nobody ever restored is a hope. The nonces are written, lost and read by accounts of the drill."""
    record = catalogue.load().by_id("BAK-01")
    loss, limit = record.threshold("recovery point") * HOUR, record.threshold("recovery time") * HOUR
    hosts = {one.host for one in kept(scene.state)}
    for host in sorted(hosts):
        evidence.control(f"{host} is there to be asked", alive=run(scene.state, host, "echo here").strip() == "here")
    evidence.need(2 + len(hosts))  # the directory and a file in a share, whatever else is kept
    wrong = []
    for host in sorted(hosts):
        evidence.case()
        between = seconds_between(scene, host)
        if between > loss:
            wrong.append(f"{host} begins a backup by itself every {between:.0f} s")
    try:
        trials = drill.run(scene.state, scene.federation, start=True, vault=False, say=evidence.note)
    except RecoveryError as error:
        pytest.fail(f"no backup could be made or nothing could be written: {error}")
    for one in trials:
        evidence.case()
        name = f"{one.what} of {one.system}{f' of {one.member}' if one.member else ''} on {one.host}"
        evidence.note(f"{name}: loss {one.loss_s} s, time {one.time_s} s, {'back' if one.came_back else one.error}")
        if not one.came_back:
            wrong.append(f"{name} did not come back: {one.error}")
        elif (one.loss_s or 0) > loss or (one.time_s or 0) > limit:
            wrong.append(f"{name} came back with {one.loss_s:.0f} s lost, after {one.time_s:.0f} s")
    assert not wrong, first(wrong)


def seconds_between(scene: Scene, host: str) -> float:
    """What lies between the next two backups that the host begins by itself; without end where it begins none."""
    told = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?= UTC)", run(scene.state, host, NEXT_TWO))
    moments = [datetime.fromisoformat(one) for one in told]
    return (moments[1] - moments[0]).total_seconds() if len(moments) == 2 else math.inf
