"""Install, configure and activate the public name server."""

from __future__ import annotations

from pathlib import Path

from pyinfra import host
from pyinfra.api.deploy import deploy
from pyinfra.facts.files import FindFiles

from roles.nameserver.settings import Settings
from roles.nameserver.zone import hall_zone, member_zone
from roles.operations import file, package, unit

TEMPLATES = Path(__file__).parent / "templates"
ZONES = "/etc/nsd/zones"
UNIT = "nsd.service"


@deploy("nameserver: install")
def install(settings: Settings) -> None:
    """An authoritative server that cannot resolve for anybody."""
    package.installed(name="Name server", names=("nsd",))


@deploy("nameserver: configure")
def configure(settings: Settings) -> None:
    """Zones first: the server is not told of one that is not there."""
    zones = {settings.domain: hall_zone(settings)}
    zones |= {member["domain"]: member_zone(settings, member) for member in settings.members}
    for domain, text in zones.items():
        file.written(
            name=f"Zone {domain}",
            dest=f"{ZONES}/{domain}.zone",
            text=text,
            mode="644",
            check=f"nsd-checkzone {domain} {{}}",
            units=[UNIT],
        )
    file.rendered(
        name="Server and its zones",
        dest="/etc/nsd/nsd.conf.d/samdrift.conf",
        templates=TEMPLATES,
        values={"settings": settings, "zones": sorted(zones), "folder": ZONES},
        check="nsd-checkconf {}",
        units=[UNIT],
    )
    known = {f"{ZONES}/{domain}.zone" for domain in zones}
    for path in sorted(set(host.get_fact(FindFiles, path=ZONES) or ()) - known):
        file.absent(name=f"Nobody's zone any more: {Path(path).stem}", path=path)


@deploy("nameserver: activate")
def activate(settings: Settings) -> None:
    """Restarted where anything changed: that is a fraction of a second, and resolvers ask again."""
    unit.running(name="Name server", unit=UNIT)
