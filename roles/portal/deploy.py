"""Install, configure and activate the portal."""

from __future__ import annotations

from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.operations import package
from roles.portal.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = (
    "krb5-user",
    "lemonldap-ng-fastcgi-server",
    "libauthen-oath-perl",  # one-time passwords
    "libconvert-base32-perl",
    "libgssapi-perl",  # Kerberos
    "liblemonldap-ng-manager-perl",  # brings the command line
    "liblemonldap-ng-portal-perl",
    "nginx-light",
)


@deploy("portal: install")
def install(settings: Settings) -> None:
    """LemonLDAP::NG's portal behind nginx."""
    package.installed(name="Portal", names=PACKAGES)


@deploy("portal: configure")
def configure(settings: Settings) -> None:
    """Nothing yet."""


@deploy("portal: activate")
def activate(settings: Settings) -> None:
    """Nothing yet."""
