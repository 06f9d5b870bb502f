"""What can be changed at the store's doors: Dovecot's configuration, by hand on the host, with the restart it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from tests.checks.host import changed
from tests.checks.scene import Scene

HOST, CONFIGURATION = "mail", "/etc/dovecot/dovecot.conf"


@contextmanager
def without(scene: Scene, condition: str) -> Iterator[None]:
    """Take what matches a regular expression out of the configuration, and put the right one back."""
    with changed(scene, HOST, CONFIGURATION, lambda text: re.sub(condition, "", text), unit="dovecot.service"):
        yield
