"""Install, configure and activate the citizens' directory."""

from __future__ import annotations

from pathlib import Path

from pyinfra.api.deploy import deploy
from pyinfra.operations import files

from roles.citizens import database
from roles.citizens.settings import Settings
from roles.operations import backup, certificate, file, package, unit

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = ("ldap-utils", "libldap-common", "slapd")  # libldap-common: whose certificates the tools trust
SLAPD = "slapd.service"


@deploy("citizens: install")
def install(settings: Settings) -> None:
    """The directory's software, and the client of the certificate authority."""
    package.installed(name="Citizens' directory", names=PACKAGES)
    certificate.install()


@deploy("citizens: configure")
def configure(settings: Settings) -> None:
    """How it is served, and to whom."""
    values: dict[str, object] = {
        "settings": settings,
        "folder": database.FOLDER,
        "chain": certificate.CHAIN,
        "key": certificate.KEY,
    }
    certificate.obtained(settings.certificate, units=[SLAPD], group="openldap")
    file.rendered(name="Under TLS only", dest="/etc/default/slapd", templates=TEMPLATES, values=values, units=[SLAPD])
    files.directory(name="Where accounts are kept", path=database.FOLDER, user="openldap", group="openldap", mode="700")
    file.rendered(
        name="How the directory is served, and what of it to whom",
        dest=database.CONFIGURATION,
        templates=TEMPLATES,
        values=values,
        check=database.CHECK,
    )
    file.rendered(name="What is always in it", dest=database.ENTRIES, templates=TEMPLATES, values=values)
    database.configured(name="slapd has this configuration")
    for name, password in (("keeper", settings.keeper_password), ("reader", settings.reader_password)):
        file.written(name=f"Password of {name}", dest=f"{database.PASSWORDS}/{name}", text=password)
    backup.declared(
        system="citizens",
        dump="slapcat -n 1 -l $DUMP/citizens.ldif",
        # What is there by the same name stays; the rest comes back.
        restore="ldapadd -c -Q -Y EXTERNAL -H ldapi:/// -f $DUMP/citizens.ldif",
    )


@deploy("citizens: activate")
def activate(settings: Settings) -> None:
    """It runs, with its units and the accounts of those who ask it."""
    unit.running(name="Citizens' directory", unit=SLAPD)
    database.filled(name="Units and accounts of services", base=settings.base)
