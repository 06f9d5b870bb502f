"""What can be changed at the host that makes accounts: its program, its rules, its timer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.checks.register import HOST, Registers
from tests.checks.scene import Scene
from tests.sabotages.hand import run

CONFIG = "/etc/samdrift/accounts.json"
PROGRAM = "/usr/local/lib/samdrift/samdrift/identity"
TIMER = "samdrift-accounts.timer"


@contextmanager
def written(scene: Scene, host: str, path: str, text: str) -> Iterator[None]:
    """Write a file of a host in place, so that owner and mode stay; the old text is put back."""
    before = run(scene, host, "cat", path)
    try:
        run(scene, host, "tee", path, given=text)
        yield
    finally:
        run(scene, host, "tee", path, given=before)


@contextmanager
def program_edited(scene: Scene, file: str, old: str, new: str) -> Iterator[None]:
    """Change a line of the program, as a well-meant correction on the host does."""
    text = run(scene, HOST, "cat", f"{PROGRAM}/{file}")
    if old not in text:
        raise LookupError(f"{file} has no {old!r} any more")
    with written(scene, HOST, f"{PROGRAM}/{file}", text.replace(old, new)):
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
