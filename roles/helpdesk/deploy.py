"""Install, configure and activate the help desk."""

from __future__ import annotations

import json
from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.helpdesk.settings import Settings
from roles.operations import certificate, file, front, package, unit, upkeep

TEMPLATES = Path(__file__).parent / "templates"
PROGRAM = "/usr/local/sbin/samdrift-helpdesk"
PACKAGES = (
    *front.PACKAGES,
    "libapache2-mod-fcgid",
    "libfcgi-perl",
    "libnet-ldap-perl",
    "postfix",
    "request-tracker5",
    "rt5-clients",  # rt-mailgate
    "rt5-db-postgresql",
    "w3m",  # reads HTML mail to RT
)
HEAD = "# managed by roles/helpdesk; change there"
APACHE, POSTFIX = front.UNIT, "postfix.service"
SHARE = "/usr/local/share/request-tracker5"
RULES = (
    "lib/Samdrift/Case.pm",
    "lib/Samdrift/Facts.pm",
    "lib/RT/Ticket_Local.pm",
    "lib/RT/Action/AgreeOnCase.pm",
    "lib/RT/Condition/AwaitedAnswer.pm",
    "lib/RT/Condition/CaseChanges.pm",
    "html/NoAuth/Satisfaction.html",
    "html/NoAuth/SatisfactionIndex.html",
    "po/sv.po",
)
TEXTS = ("admin_comment", "admin_correspondence", "autoreply", "resolved", "transaction")
CONFIGURATION = "/etc/request-tracker5"
JOBS = ("people", "clock", "tidy")
PRIORITIES = ("Akut", "Hög", "Normal", "Låg")
"""The most urgent first, as the agreements name their times."""


@deploy("helpdesk: install")
def install(settings: Settings) -> None:
    """RT behind apache, postfix for its mail."""
    # RT's own package would want to make a database on this host.
    file.written(
        name="RT's database is made by the role",
        dest="/etc/dbconfig-common/request-tracker5.conf",
        text=f"{HEAD}\ndbc_install='false'\ndbc_upgrade='false'\ndbc_dbtype='pgsql'\n",
    )
    package.installed(name="Case system, web and mail server", names=PACKAGES)
    certificate.install()


@deploy("helpdesk: configure")
def configure(settings: Settings) -> None:
    """What the desk agreed with whom, the portal, and the way of its mail."""
    values: dict[str, object] = {
        "settings": settings,
        "chain": certificate.CHAIN,
        "key": certificate.KEY,
        "front": front.FRONT,
    }

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values=values, **options)

    certificate.obtained(settings.certificate, units=[APACHE, POSTFIX])
    for name, what, units in (("samdrift", facts(settings), [APACHE]), ("members", members(settings), [])):
        file.written(
            name=f"Facts of the desk: {name}",
            dest=f"{CONFIGURATION}/{name}.json",
            text=json.dumps(what, ensure_ascii=False, indent=1) + "\n",
            mode="644",
            units=units,
            reload=True,
        )
    # The package leaves its own, in which nothing is set, to root alone, and RT complains of it at every start.
    file.written(name="Case system", dest=f"{CONFIGURATION}/RT_SiteConfig.pm", text=f"{HEAD}\n1;\n", mode="644")
    for part, mode in (("80-samdrift-secret", "640"), ("90-samdrift", "644"), ("91-sign-in", "644")):
        dest = f"{CONFIGURATION}/RT_SiteConfig.d/{part}.pm"
        rendered(f"Case system: {part}", dest, mode=mode, owner="root:www-data", units=[APACHE], reload=True)
    for part in RULES:
        rendered(f"Rules and pages: {part}", f"{SHARE}/{part}", units=[APACHE], reload=True)
    for part in TEXTS:
        rendered(f"Text of mail: {part}", f"{SHARE}/texts/{part}")
    rendered("Contents are made by this", PROGRAM, mode="755")
    for job in JOBS:
        for suffix in ("service", "timer"):
            dest = f"/etc/systemd/system/samdrift-helpdesk-{job}.{suffix}"
            rendered(f"Regularly: {job}, {suffix}", dest, units=[f"samdrift-helpdesk-{job}.timer"])

    rendered("Web server listens under TLS only", "/etc/apache2/ports.conf", units=[APACHE])
    rendered("Portal", front.SITE, units=[APACHE], reload=True)
    front.before(portal=settings.portal)
    rendered("Services of the mail server", "/etc/postfix/master.cf", units=[POSTFIX], reload=True)
    rendered(
        "Mail comes from the store and leaves by the gateway", "/etc/postfix/main.cf", units=[POSTFIX], reload=True
    )


@deploy("helpdesk: activate")
def activate(settings: Settings) -> None:
    """Make what is missing in the case system, then open it."""
    upkeep.applied(
        name="Queues, fields, groups, rights, texts and rules",
        look=f"{PROGRAM} check",
        apply=f"{PROGRAM} apply",
        whole="the case system has all it shall have",
    )
    unit.running(name="Portal", unit=APACHE)
    unit.running(name="Mail of cases", unit=POSTFIX)
    for job in JOBS:
        unit.running(name=f"Regularly: {job}", unit=f"samdrift-helpdesk-{job}.timer")


def facts(settings: Settings) -> dict[str, object]:
    """Return what RT, its rules and `samdrift-helpdesk` share: no secret is in it."""
    values = range(10 * len(PRIORITIES), 0, -10)
    return {
        "fqdn": settings.fqdn,
        "domain": settings.domain,
        "mailbox": settings.mailbox,
        "internal": settings.internal,
        "entry": settings.entry,
        "root": settings.root,
        "agents": settings.agents,
        "support": settings.support,
        "systems": settings.systems,
        "competences": settings.competences,
        "priorities": [{"name": name, "value": value} for name, value in zip(PRIORITIES, values, strict=True)],
        "holidays": list(settings.holidays),
        "silence_hours": settings.silence_hours,
    }


def members(settings: Settings) -> dict[str, object]:
    """Return what comes and goes with members: RT takes it while it runs (`Samdrift::Facts`)."""
    return {
        "addresses": settings.addresses,
        "members": [{key: one[key] for key in ("name", "domain", "support")} for one in settings.members],
    }
