"""Install, configure and activate the monitor."""

from __future__ import annotations

import json
from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.monitor.settings import Settings
from roles.operations import backup, certificate, file, front, package, unit

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = (
    *front.PACKAGES,
    "prometheus",
    "prometheus-alertmanager",
    "prometheus-blackbox-exporter",
)
PAGES = "/usr/local/share/samdrift-monitor"
PROMETHEUS, ALERTS = "prometheus.service", "prometheus-alertmanager.service"
ECHO = "prometheus-blackbox-exporter.service"
RECORDER, CASES = "samdrift-record.service", "samdrift-cases.service"
SAMPLES = "/var/lib/samdrift-samples"
TARGETS = "/etc/prometheus/targets"
FACTS = "/etc/samdrift/monitor.json"
PASSWORD = "/etc/samdrift/monitor.password"
USER = "samdrift-monitor"
PYTHON = "python3 -Ic 'import ast, sys; ast.parse(open(sys.argv[1]).read())' {}"


@deploy("monitor: install")
def install(settings: Settings) -> None:
    """Debian's Prometheus and what belongs to it, and apache before it."""
    package.installed(name="Monitor", names=PACKAGES)
    certificate.install()


@deploy("monitor: configure")
def configure(settings: Settings) -> None:
    """Whom to ask, what is a failure, who keeps the samples, who tells the desk."""
    values: dict[str, object] = {"settings": settings, "samples": SAMPLES, "facts": FACTS, "user": USER}
    values |= {"password": PASSWORD, "targets": TARGETS}

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values=values, **options)

    for name, service in (("prometheus", PROMETHEUS), ("prometheus-alertmanager", ALERTS), (ECHO[:-8], ECHO)):
        rendered(f"How {name} runs", f"/etc/default/{name}", units=[service])
    rendered("Echoes may be sent", f"/etc/systemd/system/{ECHO}.d/samdrift.conf", units=[ECHO])
    rendered("How the vault is asked", "/etc/prometheus/blackbox.yml", units=[ECHO])
    checked = {"check": "promtool check rules {} > /dev/null", "units": [PROMETHEUS]}
    rendered("What is a failure", "/etc/prometheus/samdrift.rules.yml", **checked)
    checked = {"check": "promtool check config {} > /dev/null", "units": [PROMETHEUS]}
    # Made from the catalogue, the hall's guests and the members that have joined: nobody adds a target by hand.
    for job, asked in settings.asked.items():
        file.written(
            name=f"Whom to ask: {job}",
            dest=f"{TARGETS}/{job}.json",
            text=json.dumps(asked, indent=1, ensure_ascii=False) + "\n",
            mode="644",
        )
    rendered("How to ask", "/etc/prometheus/prometheus.yml", **checked)
    checked = {"check": "amtool check-config {} > /dev/null", "units": [ALERTS]}
    rendered("Which failure hides which", "/etc/prometheus/alertmanager.yml", **checked)

    rendered("Account of what is kept", "/etc/sysusers.d/samdrift-monitor.conf", check="systemd-sysusers {}")
    file.written(
        name="What is tried from where",
        dest=FACTS,
        text=json.dumps(settings.facts, indent=1, ensure_ascii=False, sort_keys=True) + "\n",
        mode="644",
        units=[RECORDER, CASES],
    )
    file.written(
        name="The desk's word for us",
        dest=PASSWORD,
        text=settings.desk["password"],
        mode="640",
        owner=f"root:{USER}",
        units=[CASES],
    )
    for name, service in (("Samples are kept by this", RECORDER), ("Cases are opened by this", CASES)):
        program = f"/usr/local/sbin/{service.removesuffix('.service')}"
        rendered(name, program, mode="755", check=PYTHON, units=[service])
        rendered(f"{name}: service", f"/etc/systemd/system/{service}", units=[service])
    backup.declared(system="samples", paths=[SAMPLES])
    pages(settings)


def pages(settings: Settings) -> None:
    """Who may look comes by the portal."""
    values: dict[str, object] = {"settings": settings, "pages": PAGES, "front": front.FRONT}

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values=values, **options)

    certificate.obtained(settings.certificate, units=[front.UNIT])
    for part in ("index.html", "page.css", "larm/index.html", "larm/larm.js"):
        rendered(f"Page: {part}", f"{PAGES}/{part}")
    rendered("Web server listens under TLS only", "/etc/apache2/ports.conf", units=[front.UNIT])
    rendered("Pages", front.SITE, units=[front.UNIT])
    front.before(portal=settings.portal, modules=["proxy", "proxy_http"])


@deploy("monitor: activate")
def activate(settings: Settings) -> None:
    """Who tells the desk first, who asks last: no failure is seen before somebody hears of it."""
    unit.running(name="Cases are opened", unit=CASES)
    unit.running(name="Failures are told", unit=ALERTS)
    unit.running(name="Echoes are sent", unit=ECHO)
    unit.running(name="Samples are kept", unit=RECORDER)
    unit.running(name="Hosts are asked", unit=PROMETHEUS)
    unit.running(name="Pages", unit=front.UNIT)
