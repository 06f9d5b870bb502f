"""Install, configure and activate the certificate authority."""

from __future__ import annotations

from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.operations import file, package, unit
from roles.pki.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
FOLDER = "/etc/samdrift/pki"
CADDY = "caddy.service"


@deploy("pki: install")
def install(settings: Settings) -> None:
    """Caddy, whose Debian package has the ACME server in it."""
    package.installed(name="ACME server", names=["caddy"])


@deploy("pki: configure")
def configure(settings: Settings) -> None:
    """The two authorities, and the server."""
    for name, text, owner, mode in (
        ("root.crt", settings.root.strip() + "\n", "root:root", "644"),
        ("issuing.crt", settings.issuing_certificate, "root:root", "644"),
        ("issuing.key", settings.issuing_key, "root:caddy", "640"),
    ):
        file.written(
            name=f"Authority: {name}", dest=f"{FOLDER}/{name}", text=text, owner=owner, mode=mode, units=[CADDY]
        )
    file.rendered(
        name="ACME server",
        dest="/etc/caddy/Caddyfile",
        templates=TEMPLATES,
        values={"settings": settings, "folder": FOLDER},
        check="caddy adapt --adapter caddyfile --config {} > /dev/null",
        units=[CADDY],
    )


@deploy("pki: activate")
def activate(settings: Settings) -> None:
    """Serve."""
    unit.running(name="ACME server", unit=CADDY)
