"""Install, configure and activate a member's gateway."""

from __future__ import annotations

from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.gateway.settings import Settings
from roles.operations import filter as packet_filter

TEMPLATES = Path(__file__).parent / "templates"


@deploy("gateway: install")
def install(settings: Settings) -> None:
    """The packet filter."""
    packet_filter.install()


@deploy("gateway: configure")
def configure(settings: Settings) -> None:
    """The ruleset; addresses and the route to the hall are the guest's own configuration."""
    packet_filter.configure(templates=TEMPLATES, values={"settings": settings})


@deploy("gateway: activate")
def activate(settings: Settings) -> None:
    """Filter first, forwarding with it."""
    packet_filter.activate()
