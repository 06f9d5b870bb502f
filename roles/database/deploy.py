"""Install, configure and activate the host of databases."""

from __future__ import annotations

import json
from pathlib import Path

from pyinfra.api.deploy import deploy
from pyinfra.operations import files

from roles.database.settings import Settings
from roles.operations import backup, certificate, file, package, unit, upkeep

TEMPLATES = Path(__file__).parent / "templates"
PROGRAM, PITR = "/usr/local/sbin/samdrift-database", "/usr/local/sbin/samdrift-pitr"
PLACE = "/var/lib/postgresql/pitr"
"""Base backups, and the server's log from there on."""
FOLDER = "/etc/postgresql/17/main"
PACKAGES = ("postgresql-17", "python3-psycopg2", "zstd")
SERVER, TIMER = "postgresql@17-main.service", "samdrift-pitr.timer"


@deploy("database: install")
def install(settings: Settings) -> None:
    """The server; Debian's package makes its cluster at once, and starts nothing here."""
    package.installed(name="PostgreSQL", names=PACKAGES)
    certificate.install()


@deploy("database: configure")
def configure(settings: Settings) -> None:
    """Who may come in from where, then what there is to come in to."""
    values: dict[str, object] = {
        "settings": settings,
        "chain": certificate.CHAIN,
        "key": certificate.KEY,
        "pitr": PITR,
    }

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values=values, **options)

    for folder in (PLACE, f"{PLACE}/base", f"{PLACE}/wal"):
        files.directory(
            name=f"What changes are kept in: {folder}", path=folder, user="postgres", group="postgres", mode="700"
        )
    certificate.obtained(settings.certificate, units=[SERVER], group="postgres")
    rendered("Any database at a chosen time comes by this", PITR, mode="755")
    file.written(
        name="How far back", dest="/etc/samdrift/pitr.json", text=json.dumps({"days": settings.days}), mode="644"
    )
    rendered(
        "TLS, how much at once, and every change is kept",
        f"{FOLDER}/conf.d/samdrift.conf",
        owner="postgres:postgres",
        units=[SERVER],
    )
    access = {"mode": "640", "owner": "postgres:postgres", "units": [SERVER]}
    rendered("Each system comes from its own hosts", f"{FOLDER}/pg_hba.conf", **access)
    rendered("Accounts and databases are made by this", PROGRAM, mode="755")
    file.written(
        name="Systems as they shall be",
        dest="/etc/samdrift/database.json",
        text=json.dumps({"systems": [{key: one[key] for key in ("name", "password")} for one in settings.systems]}),
    )
    for suffix in ("service", "timer"):
        rendered(f"Base backups regularly: {suffix}", f"/etc/systemd/system/samdrift-pitr.{suffix}", units=[TIMER])
    backup.declared(system="databases", paths=[PLACE])
    names = [system["name"] for system in settings.systems]
    for one in names:
        kept(one)
    backup.ended(
        name="Of other databases nothing is kept", beginning="database-", living=[f"database-{one}" for one in names]
    )


def kept(name: str) -> None:
    """A system's database is a backup of its own: put back whole or not at all, with the system's own rights."""
    postgres, dump = "runuser -u postgres --", f"$DUMP/{name}.dump"
    whole = f"--clean --if-exists --single-transaction --no-owner --role={name} -d {name}"
    backup.declared(
        system=f"database-{name}",
        dump=f"{postgres} pg_dump --format=custom {name} > {dump}",
        restore=f"{postgres} pg_restore {whole} < {dump}",
    )


@deploy("database: activate")
def activate(settings: Settings) -> None:
    """Serve, and make what is missing."""
    unit.running(name="PostgreSQL", unit=SERVER)
    upkeep.applied(
        name="Every system has its account and its database",
        look=f"{PROGRAM} check",
        apply=f"{PROGRAM} apply",
        whole="accounts, databases and rights are as they shall be",
    )
    unit.running(name="Base backups", unit=TIMER)
