"""What can be changed at the portal: its configuration, by hand on the host, with the restart it takes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from samdrift.federation import application
from tests.checks.host import run
from tests.checks.scene import Scene

HOST = application.PORTAL
CONFIGURATION = "/etc/lemonldap-ng/conf/lmConf-1.json"
READY = 90.0
"""Seconds within which the portal answers again."""


@contextmanager
def configured(scene: Scene, change: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Change the portal's configuration, and put the right one back."""
    right = run(scene, HOST, "cat", CONFIGURATION)
    wrong = json.loads(right)
    change(wrong)
    try:
        _put(scene, json.dumps(wrong, ensure_ascii=False))
        yield
    finally:
        _put(scene, right)


def restart(scene: Scene) -> None:
    """Restart the portal and wait until it answers."""
    run(scene, HOST, "systemctl", "restart", "lemonldap-ng-fastcgi-server.service")
    name = scene.guests[HOST].fqdn
    look = ["curl", "-fsS", "--resolve", f"{name}:443:127.0.0.1", f"https://{name}/.well-known/openid-configuration"]
    deadline = time.monotonic() + READY
    while scene.station(HOST).ask("shell.run", command=look, patience=60.0)["code"] != 0:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the portal does not answer within {READY:g} s")
        time.sleep(1)


def _put(scene: Scene, text: str) -> None:
    run(scene, HOST, "tee", CONFIGURATION, given=text)  # in place: owner and mode stay
    restart(scene)
