"""Sabotages of MON-01: a monitor that sees and is not heard, and one that looks elsewhere."""

import re
from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.alarm import HOST, TARGETS
from tests.checks.host import changed, run, stopped
from tests.sabotages.hand import scene_of

AMTOOL = ("amtool", "--alertmanager.url=http://127.0.0.1:9093", "silence")
ASKED = re.compile(r'"10[0-9.]+:9100"')


@sabotage(requirement="MON-01", name="alarms-silenced")
def alarms_silenced(target: Target) -> Iterator[None]:
    """A noisy night, and a silence that is too wide."""
    with scene_of(target) as scene:
        words = ("add", "--author=somebody", "--comment=tyst", "--duration=2h", "alertname=~.+")
        number = run(scene, HOST, *AMTOOL, *words).strip()
        try:
            yield
        finally:
            run(scene, HOST, *AMTOOL, "expire", number)


@sabotage(requirement="MON-01", name="nobody-tells-the-desk")
def nobody_tells_the_desk(target: Target) -> Iterator[None]:
    """Alarms are made and end nowhere."""
    with scene_of(target) as scene, stopped(scene, HOST, "samdrift-cases.service"):
        yield


@sabotage(requirement="MON-01", name="wrong-addresses-asked")
def wrong_addresses_asked(target: Target) -> Iterator[None]:
    """Addresses were filled in by copying the first line, which was right."""
    with scene_of(target) as scene:
        own = f'"{scene.guests[HOST].interfaces[0].ipv4.ip}:9100"'
        with changed(scene, HOST, TARGETS, lambda text: ASKED.sub(own, text)):
            yield
