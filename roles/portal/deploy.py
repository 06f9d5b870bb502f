"""Install, configure and activate the portal."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.operations import backup, certificate, file, package, unit
from roles.portal import answering, keytab
from roles.portal.configuration import KEYTAB, configuration
from roles.portal.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = (
    "krb5-user",
    "lemonldap-ng-fastcgi-server",
    "liblemonldap-ng-portal-perl",
    "nginx",
    "python3-ldap3",
    "qrencode",
    # What the portal loads for what is asked of it here, and Debian's package only recommends:
    "libio-socket-timeout-perl",  # the directory
    "libnet-ldap-perl",
    "libgssapi-perl",  # tickets
    "libio-string-perl",  # every issuer of statements, and no package says so
    "libconvert-pem-perl",  # statements of people, signed
    "libcrypt-jwt-perl",
    "libstring-random-perl",
    "libemail-address-xs-perl",  # the change of a password, which could tell of itself by mail
    "libemail-sender-perl",
    "libmime-tools-perl",
)
FOLDER = "/etc/lemonldap-ng/conf"
NGINX = "nginx.service"
PORTAL = "lemonldap-ng-fastcgi-server.service"
RECORDER = "samdrift-agreement.socket"
SWEEP = "samdrift-portal-sweep.timer"
PURGE = "liblemonldap-ng-portal-perl.timer"
SKIN = "/usr/share/lemonldap-ng/portal/templates/samdrift"
SHARED = "/usr/local/share/samdrift-portal"


@deploy("portal: install")
def install(settings: Settings) -> None:
    """LemonLDAP::NG's portal behind nginx."""
    certificate.install()
    package.installed(name="Portal", names=PACKAGES)


@deploy("portal: configure")
def configure(settings: Settings) -> None:
    """Who may enter what, what people see, and what is asked of them."""
    values: dict[str, object] = {
        "settings": settings,
        "agreement": settings.agreement,
        "paragraphs": paragraphs(settings.agreement["text"]),
        "folder": FOLDER,
        "configuration": json.dumps(configuration(settings), ensure_ascii=False, indent=1, sort_keys=True),
        "chain": certificate.CHAIN,
        "key": certificate.KEY,
    }

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values=values, **options)

    certificate.obtained(settings.certificate, units=[NGINX])
    rendered("Kerberos of the domain", "/etc/krb5.conf", units=[PORTAL])
    keytab.held(
        name="Key that opens the tickets of workplaces",
        keytab=KEYTAB,
        user=settings.lookup["user"],
        principal=f"HTTP/{settings.fqdn}",
        realm=settings.realm,
        password=settings.lookup["password"],
    )

    for part in ("agreement.tpl", "customfooter.tpl", "customhead.tpl", "customheader.tpl", "mailpasswords.tpl"):
        rendered(f"Pages: {part}", f"{SKIN}/{part}")
    for part in ("portal.css", "sv.json"):
        rendered(f"Pages: {part}", f"{SHARED}/{part}")
    rendered("The agreement is asked for", "/usr/local/lib/site_perl/Samdrift/Agreement.pm", units=[PORTAL])
    rendered("Passwords of mail programs", "/usr/local/lib/site_perl/Samdrift/MailPassword.pm", units=[PORTAL])
    rendered("Acceptances are noted by this", "/usr/local/sbin/samdrift-agreement", mode="755")
    for part in (RECORDER, "samdrift-agreement@.service"):
        rendered(f"Acceptances are noted: {part}", f"/etc/systemd/system/{part}", units=[RECORDER])
    file.written(
        name="The agreement, and who may note its acceptance",
        dest="/etc/samdrift/agreement.json",
        text=json.dumps(recorded(settings), ensure_ascii=False, indent=1),
    )

    rendered("People, sign-ins and second factors by hand", "/usr/local/sbin/samdrift-portal", mode="755")
    for part in (SWEEP, "samdrift-portal-sweep.service"):
        rendered(f"Who has left is signed out: {part}", f"/etc/systemd/system/{part}", units=[SWEEP])
    rendered("Where the configuration is", "/etc/lemonldap-ng/lemonldap-ng.ini", units=[PORTAL])
    override = f"/etc/systemd/system/{PORTAL}.d/samdrift.conf"
    rendered("What the portal keeps is its own", override, units=[PORTAL])
    rendered(
        "Configuration of the portal",
        f"{FOLDER}/lmConf-1.json",
        owner="root:www-data",
        mode="640",
        check="samdrift-portal check {}",
        units=[PORTAL],
    )
    file.absent(name="No page of nginx's own", path="/etc/nginx/sites-enabled/default", units=[NGINX])
    rendered(
        "Pages are served under TLS",
        "/etc/nginx/conf.d/samdrift-portal.conf",
        check="printf 'events { }\\nhttp { include %s; }\\n' {} > {}.whole && nginx -t -q -c {}.whole && rm {}.whole",
        units=[NGINX],
        reload=True,
    )
    backup.declared(system="portal", paths=["/var/lib/private/samdrift-agreement", "/var/lib/lemonldap-ng/psessions"])


@deploy("portal: activate")
def activate(settings: Settings) -> None:
    """Serve, and see a person's first page."""
    unit.running(name="Acceptances are noted", unit=RECORDER)
    unit.running(name="Portal", unit=PORTAL)
    unit.running(name="Pages", unit=NGINX)
    unit.running(name="Ended sign-ins are cleared away", unit=PURGE)
    unit.running(name="Who has left is signed out", unit=SWEEP)
    answering.answers(name="The portal answers", fqdn=settings.fqdn)


def paragraphs(text: str) -> list[str]:
    """Return the text's paragraphs, each in one line.

    >>> paragraphs("one\\ntwo\\n\\nthree\\n")
    ['one two', 'three']
    """
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]


def recorded(settings: Settings) -> dict[str, object]:
    """Return what `samdrift-agreement` reads."""
    root = ",".join(f"DC={label}" for label in settings.domain_dns.split("."))
    agreement = settings.agreement
    return {
        "version": agreement["version"],
        "text": agreement["text"],
        "group": f"CN=agreement-{agreement['version']},OU=Agreements,{root}",
        "base": f"OU=Members,{root}",
        "servers": settings.dcs,
        "user": f"{agreement['user']}@{settings.domain_dns}",
        "password": agreement["password"],
    }
