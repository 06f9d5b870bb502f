"""Install, configure and activate the rest of the world."""

from __future__ import annotations

from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.operations import file, package, unit
from roles.outside.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = ("bind9-dnsutils", "dns-root-data", "nmap", "python3-minimal", "unbound")
# Not the gateway's software: what it signs is verified by somebody else.
MAIL_PACKAGES = ("opendkim", "opendmarc", "postfix", "ssl-cert", "swaks")
ECHO = "samdrift-echo.service"


@deploy("outside: install")
def install(settings: Settings) -> None:
    """A name server, a mail host that verifies, and tools of someone who looks in."""
    package.installed(name="Name server and scanner", names=PACKAGES)
    package.installed(name="Mail of the world", names=MAIL_PACKAGES)


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
    for dest in ("/etc/opendkim.conf", "/etc/opendkim/keys", "/etc/opendkim/signing"):
        rendered(f"Signer and verifier: {Path(dest).name}", dest, units=["opendkim.service"])
    file.written(
        name="Key of the world's mail",
        dest="/etc/opendkim/key.pem",
        text=f"{settings.dkim['private'].strip()}\n",
        mode="600",
        owner="opendkim:opendkim",
        units=["opendkim.service"],
    )
    rendered("Judge of senders", "/etc/opendmarc.conf", units=["opendmarc.service"])
    rendered("The world's mail host", "/etc/postfix/main.cf", units=["postfix.service"])
    rendered("Listener that says who called", "/usr/local/sbin/samdrift-echo", mode="755", units=[ECHO])
    rendered("Listener's service", f"/etc/systemd/system/{ECHO}", units=[ECHO])


@deploy("outside: activate")
def activate(settings: Settings) -> None:
    """All answer."""
    unit.running(name="Name server", unit="unbound.service")
    unit.running(name="Listener", unit=ECHO)
    for name in ("opendkim", "opendmarc", "postfix"):
        unit.running(name=f"Mail of the world: {name}", unit=f"{name}.service")
