"""Install, configure and activate the rest of the world."""

from __future__ import annotations

from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.operations import file, package, unit
from roles.outside.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = ("dns-root-data", "nmap", "python3-minimal", "unbound")
ECHO = "samdrift-echo.service"


@deploy("outside: install")
def install(settings: Settings) -> None:
    """A name server, and tools of someone who looks in."""
    package.installed(name="Name server and scanner", names=PACKAGES)


@deploy("outside: configure")
def configure(settings: Settings) -> None:
    """The world's names, and the listener."""

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values={"settings": settings}, **options)

    rendered(
        "The world's names",
        "/etc/unbound/unbound.conf.d/samdrift.conf",
        check="unbound-checkconf {} > /dev/null",
        units=["unbound.service"],
    )
    rendered("Listener that says who called", "/usr/local/sbin/samdrift-echo", mode="755", units=[ECHO])
    rendered("Listener's service", f"/etc/systemd/system/{ECHO}", units=[ECHO])


@deploy("outside: activate")
def activate(settings: Settings) -> None:
    """Both answer."""
    unit.running(name="Name server", unit="unbound.service")
    unit.running(name="Listener", unit=ECHO)
