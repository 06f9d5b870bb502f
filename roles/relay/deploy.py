"""Install, configure and activate the mail gateway."""

from __future__ import annotations

from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.operations import certificate, file, package, unit
from roles.relay.accepted import accepted
from roles.relay.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = ("clamav-daemon", "postfix", "rspamd")
AUTHORITY = "/etc/postfix/authority.pem"
POSTFIX, FILTER, SCANNER = "postfix.service", "rspamd.service", "clamav-daemon.service"
FRESHCLAM = "clamav-freshclam.service"
FILTER_FILES = sorted(
    f"/{found.relative_to(TEMPLATES)}".removesuffix(".j2")
    for found in TEMPLATES.glob("etc/rspamd/**/*")
    if found.is_file()
)
# postconf says on standard error what it does not know or would not use.
POSTFIX_CHECK = (
    "folder=$(mktemp -d) && cp {} $folder/main.cf && cp /etc/postfix/master.cf $folder/ && "
    "! postconf -c $folder -n 2>&1 > /dev/null | grep . >&2"
)


@deploy("relay: install")
def install(settings: Settings) -> None:
    """Transport, filter and scanner."""
    certificate.install()
    package.installed(name="Mail gateway", names=PACKAGES)


@deploy("relay: configure")
def configure(settings: Settings) -> None:
    """The scanner first, then the filter that asks it, then the transport that asks the filter."""
    values: dict[str, object] = {
        "settings": settings,
        "chain": certificate.CHAIN,
        "key": certificate.KEY,
        "authority": AUTHORITY,
    }

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values=values, **options)

    rendered("Signatures of test files", "/var/lib/clamav/samdrift.ndb", units=[SCANNER])
    rendered("Scanner needs no signatures of others", f"/etc/systemd/system/{SCANNER}.d/samdrift.conf", units=[SCANNER])
    rendered("Scanner", "/etc/clamav/clamd.conf", check="clamconf -c {} > /dev/null", units=[SCANNER])

    for domain, key in settings.keys:
        file.written(
            name=f"Key that signs {domain}",
            dest=f"/etc/rspamd/dkim/{domain}.key",
            text=f"{key.strip()}\n",
            mode="640",
            owner="root:_rspamd",
            units=[FILTER],
            reload=True,
        )
    for dest in FILTER_FILES:
        rendered(f"Filter: {Path(dest).name}", dest, units=[FILTER], reload=True)
    rendered("Filter is up when it answers", f"/etc/systemd/system/{FILTER}.d/samdrift.conf", units=[FILTER])
    accepted(name="Filter's files fit together", unit=FILTER, check="rspamadm configtest -q")

    certificate.obtained(settings.certificate, units=[POSTFIX], group="root")
    file.written(
        name="Authority by which the store is known",
        dest=AUTHORITY,
        text="".join(f"{one.strip()}\n" for one in settings.authorities),
        mode="644",
    )
    rendered("Transport's programs", "/etc/postfix/master.cf", units=[POSTFIX], reload=True)
    rendered("Transport", "/etc/postfix/main.cf", check=POSTFIX_CHECK, units=[POSTFIX], reload=True)


@deploy("relay: activate")
def activate(settings: Settings) -> None:
    """From the scanner to the door, so that nothing is taken before it can be looked at."""
    if settings.downloads_signatures:
        unit.running(name="Signatures are kept new", unit=FRESHCLAM)
    else:
        unit.stopped(name="No signatures from outside", unit=FRESHCLAM)
    unit.running(name="Scanner", unit=SCANNER)
    unit.running(name="Filter", unit=FILTER)
    unit.running(name="Transport", unit=POSTFIX)
