"""Install, configure and activate the copy elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.operations import backup, file, package, unit
from roles.vault.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = ("borgbackup", "openssh-client", "rsync")
PLACE = "/etc/samdrift/vault"
TIMER = "samdrift-vault.timer"


@deploy("vault: install")
def install(settings: Settings) -> None:
    """rsync to fetch with; borg so that a copy can be tried here in an emergency."""
    package.installed(name="Copy of the backup store", names=PACKAGES)


@deploy("vault: configure")
def configure(settings: Settings) -> None:
    """The way to the store, and the program that fetches and judges."""

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values={"settings": settings}, **options)

    backup.reached(place=PLACE, key=settings.key, store_key=settings.store_key)
    facts = {
        "store": settings.store,
        "port": settings.port,
        "source_days": settings.source_days,
        "keep_days": settings.keep_days,
        "interval_hours": settings.interval_hours,
    }
    file.written(name="Where the store is", dest=f"{PLACE}/settings.json", text=json.dumps(facts, indent=1), mode="644")
    rendered("The store is fetched and judged by this", "/usr/local/sbin/samdrift-vault", mode="755")
    for suffix in ("service", "timer"):
        rendered(f"Fetched regularly: {suffix}", f"/etc/systemd/system/samdrift-vault.{suffix}", units=[TIMER])


@deploy("vault: activate")
def activate(settings: Settings) -> None:
    """From now on."""
    unit.running(name="Copy of the backup store", unit=TIMER)
