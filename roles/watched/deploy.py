"""Install, configure and activate what tells the monitor of a host."""

from __future__ import annotations

from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.operations import file, package, unit
from roles.watched.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = ("dbus", "prometheus-node-exporter")
EXPORTER = "prometheus-node-exporter.service"


@deploy("watched: install")
def install(settings: Settings) -> None:
    """Debian's exporter; it asks systemd over D-Bus."""
    package.installed(name="What tells of the host", names=PACKAGES)


@deploy("watched: configure")
def configure(settings: Settings) -> None:
    """What is told. Which units shall run is written by the roles that run them (`roles.operations.unit`)."""
    file.rendered(
        name="What is told of the host",
        dest="/etc/default/prometheus-node-exporter",
        templates=TEMPLATES,
        values={"settings": settings, "watched": unit.WATCHED},
        units=[EXPORTER],
    )


@deploy("watched: activate")
def activate(settings: Settings) -> None:
    """Tell."""
    unit.running(name="What tells of the host", unit=EXPORTER)
