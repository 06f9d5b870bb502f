"""Install, configure and activate a host's backups."""

from __future__ import annotations

import json
from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.backup.settings import Settings
from roles.operations import backup, file, package, unit

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = ("borgbackup", "borgmatic", "openssh-client")
PLACE = "/etc/samdrift/backup"
TIMER = "samdrift-backup.timer"


@deploy("backup: install")
def install(settings: Settings) -> None:
    """borgmatic and what it drives."""
    package.installed(name="Backups", names=PACKAGES)


@deploy("backup: configure")
def configure(settings: Settings) -> None:
    """The way to the store, and the program that makes borgmatic's files of what was declared."""

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values={"settings": settings}, **options)

    backup.reached(place=PLACE, key=settings.key, store_key=settings.store_key)
    file.written(name="Secret of the passphrases", dest=f"{PLACE}/secret", text=f"{settings.secret}\n")
    facts = {
        "host": settings.host,
        "store": settings.store,
        "port": settings.port,
        "generation_days": settings.generation_days,
    }
    file.written(name="Where the store is", dest=f"{PLACE}/settings.json", text=json.dumps(facts, indent=1), mode="644")
    rendered("Backups are made and restored by this", "/usr/local/sbin/samdrift-backup", mode="755")
    for suffix in ("service", "timer"):
        rendered(f"Backups regularly: {suffix}", f"/etc/systemd/system/samdrift-backup.{suffix}", units=[TIMER])
    # Debian's own would run every file that borgmatic finds once a day, ours among them.
    unit.stopped(name="No timer of borgmatic's own", unit="borgmatic.timer")


@deploy("backup: activate")
def activate(settings: Settings) -> None:
    """From now on."""
    unit.running(name="Backups", unit=TIMER)
