"""Install, configure and activate a workplace that tries the services."""

from __future__ import annotations

import json
from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.operations import file, package, unit
from roles.probe.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = ("krb5-user", "prometheus-blackbox-exporter")
EXPORTER = "prometheus-blackbox-exporter.service"
TRANSACTION = "samdrift-transaction.service"
PROGRAM = "/usr/local/sbin/samdrift-transaction"
PYTHON = "python3 -Ic 'import ast, sys; ast.parse(open(sys.argv[1]).read())' {}"


@deploy("probe: install")
def install(settings: Settings) -> None:
    """Debian's exporter."""
    package.installed(name="What tries services", names=PACKAGES)


@deploy("probe: configure")
def configure(settings: Settings) -> None:
    """How each kind of port is tried, and what is done as a whole."""
    values: dict[str, object] = {"settings": settings, "program": PROGRAM}

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values=values, **options)

    rendered("How the exporter runs", "/etc/default/prometheus-blackbox-exporter", units=[EXPORTER])
    rendered("It may send an echo", f"/etc/systemd/system/{EXPORTER}.d/samdrift.conf", units=[EXPORTER])
    file.written(
        name="How ports are tried, and what they must answer",
        dest="/etc/prometheus/blackbox.yml",
        text=configuration(settings),
        mode="644",
        check="prometheus-blackbox-exporter --config.check --config.file={}",
        units=[EXPORTER],
    )
    rendered("Transactions are done by this", PROGRAM, mode="755", check=PYTHON, units=[TRANSACTION])
    rendered("Transactions when asked", f"/etc/systemd/system/{TRANSACTION}", units=[TRANSACTION])


@deploy("probe: activate")
def activate(settings: Settings) -> None:
    """Be asked."""
    unit.running(name="Ports are tried", unit=EXPORTER)
    unit.running(name="Transactions are done", unit=TRANSACTION)


def configuration(settings: Settings) -> str:
    """Return the exporter's configuration; JSON is YAML too."""
    modules = {name: {"timeout": f"{settings.seconds}s", **module} for name, module in settings.modules.items()}
    head = "# managed by roles/probe; change there\n"
    return head + json.dumps({"modules": modules}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
