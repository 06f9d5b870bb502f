"""Install, configure and activate the mail store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.mail.settings import Settings
from roles.operations import backup, certificate, file, package, unit

Rendered = Callable[..., None]

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = (
    "dovecot-imapd",
    "dovecot-ldap",
    "dovecot-lmtpd",
    "dovecot-managesieved",
    "postfix",
    "postfix-ldap",
    "python3-milter",
)
WEBMAIL_PACKAGES = ("memcached", "nginx", "sogo")
AUTHORITY = "/etc/postfix/authority.pem"
HALL = "hall"
"""Folder of the mailboxes that are no member's: the key of the hall's own stack."""
DOVECOT, POSTFIX, SENDER = "dovecot.service", "postfix.service", "samdrift-sender.service"
WEBMAIL = ("samdrift-webmail@20000.service", "samdrift-webmail@20001.service")
"""The same twice: SOGo takes what is new by a restart only, and whoever is served by one meanwhile is by the other."""
OF_PACKAGE = "sogo.service"
WEB = "nginx.service"
IDLE = "samdrift-webmail-sessions.timer"
SESSIONS = "samdrift-mail-sessions.timer"
# postconf says on standard error what it does not know or would not use.
POSTFIX_CHECK = (
    "folder=$(mktemp -d) && cp {} $folder/main.cf && cp /etc/postfix/master.cf $folder/ && "
    "! postconf -c $folder -n 2>&1 > /dev/null | grep . >&2"
)
RETURN = "/usr/local/sbin/samdrift-mailbox"
SIEVE = "/etc/dovecot/sieve/junk.sieve"


@deploy("mail: install")
def install(settings: Settings) -> None:
    """Mailboxes, the way in and out, and the webmail."""
    certificate.install()
    package.installed(name="Mail store", names=PACKAGES)
    package.installed(name="Webmail", names=WEBMAIL_PACKAGES)


@deploy("mail: configure")
def configure(settings: Settings) -> None:
    """Whose mailboxes there are, then how they are read, then how mail gets there, then the webmail."""
    values: dict[str, object] = {
        "settings": settings,
        "chain": certificate.CHAIN,
        "key": certificate.KEY,
        "authority": AUTHORITY,
        "hall": HALL,
    }

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values=values, **options)

    certificate.obtained(settings.certificate, units=[DOVECOT, POSTFIX, WEB], group="root")
    rendered("Owner of the mailboxes", "/etc/sysusers.d/samdrift-mail.conf", check="systemd-sysusers {}")
    rendered("Folder of each member", "/etc/tmpfiles.d/samdrift-mail.conf", check="systemd-tmpfiles --create {}")
    _mailboxes(settings, rendered)
    _transport(settings, rendered)
    _webmail(rendered)
    rendered("A mailbox's messages are brought back by this", RETURN, mode="755")
    _kept(settings)


@deploy("mail: activate")
def activate(settings: Settings) -> None:
    """From the mailbox to the door, so that nothing is taken before there is somewhere to put it."""
    unit.running(name="Mailboxes", unit=DOVECOT)
    unit.running(name="Sender of submitted mail", unit=SENDER)
    unit.running(name="Transport", unit=POSTFIX)
    unit.running(name="Webmail's memory", unit="memcached.service")
    unit.stopped(name="Webmail, once", unit=OF_PACKAGE)
    for one in WEBMAIL:
        unit.running(name=f"Webmail: {one}", unit=one)
    unit.running(name="Webmail signs out who does nothing", unit=IDLE)
    unit.running(name="Sessions of leavers end", unit=SESSIONS)
    unit.running(name="Webmail's door", unit=WEB)


def _mailboxes(settings: Settings, rendered: Rendered) -> None:
    file.written(
        name="Password for looking people up",
        dest="/etc/dovecot/directory.conf",
        text=f"# managed by roles/mail; change there\nldap_auth_dn_password = {settings.directory_password}\n",
        units=[DOVECOT],
        reload=True,
    )
    rendered(
        "Where the portal is asked, and as whom", "/etc/dovecot/portal.conf", mode="600", units=[DOVECOT], reload=True
    )
    rendered("Mailbox of the postmaster", "/etc/dovecot/users", mode="640", owner="root:dovecot")
    rendered("Spam goes to the folder for it", SIEVE, check="sievec -d {} > /dev/null", units=[DOVECOT])
    rendered("It is compiled before it is used", f"/etc/systemd/system/{DOVECOT}.d/samdrift.conf", units=[DOVECOT])
    rendered(
        "Mailboxes", "/etc/dovecot/dovecot.conf", check="doveconf -n -c {} > /dev/null", units=[DOVECOT], reload=True
    )
    rendered("Who would still be let in", "/etc/postfix/directory/open.cf", mode="600")
    rendered("Sessions of leavers end", "/usr/local/sbin/samdrift-mail-sessions", mode="755")
    for dest in (SESSIONS, SESSIONS.replace(".timer", ".service")):
        rendered("Sessions of leavers end", f"/etc/systemd/system/{dest}", units=[SESSIONS])


def _transport(settings: Settings, rendered: Rendered) -> None:
    file.written(
        name="Authority by which the gateway is known",
        dest=AUTHORITY,
        text="".join(f"{one.strip()}\n" for one in settings.authorities),
        mode="644",
    )
    for name, what in (("mailbox", "Who has a mailbox"), ("sender", "Whose an address is")):
        dest = f"/etc/postfix/directory/{name}.cf"
        rendered(what, dest, mode="640", owner="root:postfix", units=[POSTFIX], reload=True)
    rendered("A message says of whom it is", "/usr/local/sbin/samdrift-sender", mode="755", units=[SENDER])
    rendered("Sender of submitted mail", f"/etc/systemd/system/{SENDER}", units=[SENDER])
    rendered("Transport's programs", "/etc/postfix/master.cf", units=[POSTFIX], reload=True)
    rendered("Transport", "/etc/postfix/main.cf", check=POSTFIX_CHECK, units=[POSTFIX], reload=True)


def _webmail(rendered: Rendered) -> None:
    rendered("Webmail in Swedish", "/etc/sogo/sogo.conf", mode="640", owner="root:sogo", units=WEBMAIL)
    rendered("Webmail trusts whom this host trusts", "/etc/default/sogo", units=WEBMAIL)
    rendered("Webmail, twice", "/etc/systemd/system/samdrift-webmail@.service", units=WEBMAIL)
    for dest in (IDLE, IDLE.replace(".timer", ".service")):
        rendered("Webmail signs out who does nothing", f"/etc/systemd/system/{dest}", units=[IDLE])
    file.absent(name="No page of nobody's", path="/etc/nginx/sites-enabled/default", units=[WEB])
    rendered("Webmail's door", "/etc/nginx/conf.d/samdrift-webmail.conf", units=[WEB], reload=True)


def _kept(settings: Settings) -> None:
    for member in settings.members:
        backup.declared(
            system="mail",
            member=member["key"],
            paths=[f"/var/mail/{member['key']}"],
            part=f"/var/mail/{member['key']}/{{what}}",
            restore=f'{RETURN} "$FILES/var/mail/$MEMBER/$WHAT" "/var/mail/$MEMBER/$WHAT"',
        )
    backup.only(name="No other member's mail is kept", system="mail", members=[one["key"] for one in settings.members])
