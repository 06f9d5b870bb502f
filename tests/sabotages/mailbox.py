"""What can be changed at the store's doors: Dovecot's configuration, by hand on the host, with the restart it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from tests.checks.scene import Scene
from tests.sabotages.hand import run

HOST, CONFIGURATION = "mail", "/etc/dovecot/dovecot.conf"


@contextmanager
def without(scene: Scene, condition: str) -> Iterator[None]:
    """Take a condition (a regular expression) out of every filter of people, and put the right ones back."""
    right = run(scene, HOST, "cat", CONFIGURATION)
    wrong = re.sub(condition, "", right)
    if wrong == right:
        raise LookupError(f"{CONFIGURATION} has no {condition!r} any more")
    try:
        _put(scene, wrong)
        yield
    finally:
        _put(scene, right)


def _put(scene: Scene, text: str) -> None:
    run(scene, HOST, "tee", CONFIGURATION, given=text)  # in place: owner and mode stay
    run(scene, HOST, "systemctl", "restart", "dovecot.service")
