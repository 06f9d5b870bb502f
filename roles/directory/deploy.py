"""Install, configure and activate a directory host."""

from __future__ import annotations

import json
from pathlib import Path

from pyinfra import host
from pyinfra.api.deploy import deploy

from roles.directory import domain, sysvol
from roles.directory.settings import Settings
from roles.operations import backup, certificate, file, package, unit, upkeep

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = (
    "bind9-dnsutils",  # nsupdate, by which a directory host writes its own records
    "krb5-user",
    "ldb-tools",
    "python3-samba",
    "rsync",
    "samba-ad-dc",
    "samba-ad-provision",
    "smbclient",
    "tdb-tools",
)
SAMBA = "samba-ad-dc.service"
COPY = "/usr/local/lib/samdrift-directory/mdb_copy"
# Samba's own copy, taken under its locks while it serves; unpacked, so that what did not change is not kept twice.
DUMP = (
    f"PATH={Path(COPY).parent}:$PATH "
    'samba-tool domain backup offline --targetdir="$DUMP" > /dev/null && '
    'python3 -m tarfile --filter fully_trusted -e "$DUMP"/*.tar.bz2 "$DUMP" && rm "$DUMP"/*.tar.bz2'
)
PARTS = ("smbd.service", "nmbd.service", "winbind.service")
"""samba-ad-dc starts these services itself; on their own they would take its ports."""


@deploy("directory: install")
def install(settings: Settings) -> None:
    """samba-ad-dc and what its upkeep needs."""
    package.installed(name="Directory", names=PACKAGES)
    certificate.install()


@deploy("directory: configure")
def configure(settings: Settings) -> None:
    """Hold the domain, then say how it is served."""
    values: dict[str, object] = {"settings": settings, "name": host.name}

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values=values, **options)

    rendered("Samba's backup copies by this", COPY, mode="755")
    rendered("A deleted object is brought back by this", "/usr/local/sbin/samdrift-undelete", mode="755")
    backup.declared(
        system="directory",
        paths=["/var/lib/samba/sysvol"],
        dump=DUMP,
        restore='samdrift-undelete "$DUMP" "$WHAT"',
    )
    for part in PARTS:
        unit.stopped(name=f"No {part} of its own", unit=part)
    rendered("Kerberos asks either directory host", "/etc/krb5.conf")
    rendered("Directory's contents are made by this", "/usr/local/sbin/samdrift-directory", mode="755")
    file.written(
        name="Directory's contents as they shall be",
        dest="/etc/samdrift/directory.json",
        text=json.dumps(wanted(settings, host.name), ensure_ascii=False, indent=1),
    )

    rendered("sysvol is fetched by this", "/usr/local/sbin/samdrift-sysvol", mode="755")
    file.written(name="Key to fetch sysvol", dest=sysvol.KEY, text=sysvol.private_key(settings.admin_password))
    sysvol.authorized(name="The other directory host may fetch sysvol", peer_address=settings.peer_address)
    rendered("SSH knows that key", "/etc/ssh/sshd_config.d/30-directory.conf", units=["ssh.service"])
    for suffix in ("service", "timer"):
        dest = f"/etc/systemd/system/samdrift-sysvol.{suffix}"
        rendered(f"sysvol is fetched regularly: {suffix}", dest, units=["samdrift-sysvol.timer"])

    domain.held(
        name="This host holds the domain",
        realm=settings.realm,
        domain=settings.domain,
        short_name=host.name,
        address=settings.address,
        peer_address=settings.peer_address,
        first=settings.first,
        admin_password=settings.admin_password,
    )
    rendered("How the domain is served", "/etc/samba/smb.conf", check="testparm -s {} > /dev/null 2>&1", units=[SAMBA])
    rendered("A new certificate needs no restart", f"/etc/systemd/system/{SAMBA}.d/samdrift.conf", units=[SAMBA])


@deploy("directory: activate")
def activate(settings: Settings) -> None:
    """Serve, and on the first host make the contents, which the other replicates."""
    unit.running(name="Directory", unit=SAMBA)
    domain.answers(name="Directory answers")
    # Only now: the authority finds this host by a name that the directory answers for.
    certificate.obtained(settings.certificate, units=[SAMBA], group="root")
    file.rendered(
        name="The directory serves its certificate",
        dest="/etc/samba/tls.conf",
        templates=TEMPLATES,
        values={"chain": certificate.CHAIN, "key": certificate.KEY},
        units=[SAMBA],
    )
    unit.running(name="Directory with its certificate", unit=SAMBA)
    domain.answers(name="Directory answers with its certificate")
    if settings.first:
        upkeep.applied(
            name="Members, groups and people are in the directory",
            look=f"{domain.PROGRAM} check",
            apply=f"{domain.PROGRAM} apply",
            whole="the directory has all it shall have",
        )
    unit.running(name="sysvol", unit="samdrift-sysvol.timer")


def wanted(settings: Settings, name: str) -> dict[str, object]:
    """Return what `samdrift-directory` reads on this host; only the first host's has contents, and secrets."""
    facts: dict[str, object] = {
        "name": name,
        "first": settings.first,
        "peer": settings.peer,
        "peer_address": settings.peer_address,
        "domain_dns": settings.domain_dns,
    }
    if settings.first:
        facts |= {
            "admin_password": settings.admin_password,
            "join_user": settings.join_user,
            "services": [
                {
                    "name": settings.join_user,
                    "title": "Joins workplaces to the domain",
                    "password": settings.join_password,
                },
                *settings.accounts,
            ],
            "kinds": settings.kinds,
            "sights": settings.sights,
            "entitlements": settings.entitlements,
            "keeper": settings.keeper["name"] if settings.keeper else None,
            "groups": settings.groups,
            "agreement": settings.agreement,
            "agreement_user": settings.agreement_user,
            "members": [{key: member[key] for key in ("key", "name", "domain")} for member in settings.members],
            "people": settings.people,
        }
    return facts
