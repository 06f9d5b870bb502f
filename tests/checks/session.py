"""What is open: the hosts that ask again by themselves whether those who are signed in still may be."""

from __future__ import annotations

from samdrift.federation.application import PORTAL
from tests.checks.scene import Scene

WORKPLACE = "samdrift-sessions"
"""Unit that asks at a workplace; its timer has the same name, as of the others."""
HALL = {"mail": "samdrift-mail-sessions", PORTAL: "samdrift-portal-sweep"}
"""Host of the hall -> unit that asks there."""


def looks(scene: Scene, host: str, unit: str) -> list[str]:
    """Have the host look as it does by itself every five minutes; a finding where it does not by itself."""
    station = scene.station(host)
    shown = station.ask(
        "shell.run", command=["systemctl", "show", "-p", "ActiveState,TimersMonotonic", f"{unit}.timer"]
    )["out"]
    if "ActiveState=active" not in shown or "OnUnitInactiveUSec=5min" not in shown:
        return [f"{host} does not look by itself at who still may be signed in"]
    told = station.ask("unit.run", unit=f"{unit}.service", patience=120.0)
    return [f"{host} looks at who still may be signed in, and ends with {told['err']}"] if told["code"] else []
