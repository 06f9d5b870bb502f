"""What can be changed at the host that makes accounts: its program, its rules, its timer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.checks.host import changed, run, written
from tests.checks.register import HOST, Registers
from tests.checks.scene import Scene

CONFIG = "/etc/samdrift/accounts.json"
PROGRAM = "/usr/local/lib/samdrift/samdrift/identity"
TIMER = "samdrift-accounts.timer"


@contextmanager
def program_edited(scene: Scene, file: str, old: str, new: str) -> Iterator[None]:
    """Change a line of the program, as a well-meant correction on the host does."""
    with changed(scene, HOST, f"{PROGRAM}/{file}", lambda text: text.replace(old, new)):
        yield


@contextmanager
def rules_changed(scene: Scene, change: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Change the rules on the host and have a cycle; the agreed ones and a cycle afterwards."""
    config = json.loads(run(scene, HOST, "cat", CONFIG))
    change(config["rules"])
    try:
        with written(scene, HOST, CONFIG, json.dumps(config)):
            Registers(scene).cycle()
            yield
    finally:
        Registers(scene).cycle()


@contextmanager
def cycle_stopped(scene: Scene) -> Iterator[None]:
    """Switch the timer off, as somebody does who looks for a fault and forgets about it."""
    run(scene, HOST, "systemctl", "disable", "--now", TIMER)
    try:
        yield
    finally:
        run(scene, HOST, "systemctl", "enable", "--now", TIMER)
