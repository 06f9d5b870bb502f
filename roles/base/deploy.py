"""Install, configure and activate what every host has."""

from __future__ import annotations

from pathlib import Path

from pyinfra.api.deploy import deploy
from pyinfra.operations import files, server

from roles.base.settings import Settings
from roles.operations import account, file, package, trust, unit

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = (
    "ca-certificates",
    "chrony",
    "iputils-ping",
    "locales",
    "openssh-server",
    "procps",
    "sudo",
    "tzdata",
    "unattended-upgrades",
)
CHRONY = "/etc/chrony/chrony.conf"


@deploy("base: install")
def install(settings: Settings) -> None:
    """The way to packages first, then the packages of every host."""
    proxy = "/etc/apt/apt.conf.d/05samdrift-proxy"
    if settings.packages_proxy:
        file.rendered(
            name="Packages come through the federation's proxy",
            dest=proxy,
            templates=TEMPLATES,
            values={"settings": settings},
        )
    else:
        file.absent(name="Packages come straight from the mirror", path=proxy)
    package.installed(name="Packages of every host", names=PACKAGES)


@deploy("base: configure")
def configure(settings: Settings) -> None:
    """Files only; nothing is started here."""

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values={"settings": settings}, **options)

    # Proxmox VE rewrites these two at every start of a container unless the marker beside them says whose they are.
    for path in ("/etc/.pve-ignore.hosts", "/etc/.pve-ignore.resolv.conf"):
        file.written(name=f"The role owns {path.removeprefix('/etc/.pve-ignore.')}", dest=path, text="", mode="644")
    rendered("The host knows its own name", "/etc/hosts")
    rendered("Names are asked of the federation's resolvers", "/etc/resolv.conf")

    trust.only(name="The federation's authority is trusted", certificates=settings.trusted)

    server.locale(name=f"Locale {settings.locale} exists", locale=settings.locale)
    # Debian 13 makes the old place a link to the new one at every boot (tmpfiles.d/debian.conf).
    rendered("Locale is the default", "/etc/locale.conf")
    files.link(
        name="Locale is found in its old place",
        path="/etc/default/locale",
        target="../locale.conf",
        force=True,
        force_backup=False,
    )
    files.link(
        name=f"Time zone is {settings.timezone}",
        path="/etc/localtime",
        target=f"/usr/share/zoneinfo/{settings.timezone}",
    )
    rendered("chrony asks the federation's time servers", CHRONY, units=["chrony.service"], check="chronyd -p -f {}")
    rendered(
        "chrony knows whose clock it is", "/etc/systemd/system/chrony.service.d/samdrift.conf", units=["chrony.service"]
    )

    account.person(name=f"Administrator {settings.admin} exists", user=settings.admin)
    # The folder is root's: who may sign in is decided here, not on the host.
    file.written(
        name=f"Administrator {settings.admin} signs in by key",
        dest=f"/home/{settings.admin}/.ssh/authorized_keys",
        text="".join(f"{key}\n" for key in settings.authorized_keys),
        owner=f"{settings.admin}:{settings.admin}",
    )
    rendered("Administrators become root with sudo", "/etc/sudoers.d/samdrift", mode="440", check="visudo -qcf {}")
    rendered(
        "SSH takes keys and nothing else",
        "/etc/ssh/sshd_config.d/10-samdrift.conf",
        check="mkdir -p /run/sshd && sshd -t -f {}",
        units=["ssh.service"],
        reload=True,
    )

    rendered("Security updates install themselves", "/etc/apt/apt.conf.d/52samdrift-upgrades")
    rendered(
        "The journal survives a restart and has a bound",
        "/etc/systemd/journald.conf.d/samdrift.conf",
        units=["systemd-journald.service"],
    )


@deploy("base: activate")
def activate(settings: Settings) -> None:
    """Everything runs, and with its present configuration."""
    unit.running(name="Journal", unit="systemd-journald.service")
    unit.running(name="SSH", unit="ssh.service")
    unit.running(name="Time", unit="chrony.service")
    unit.running(name="Security updates: package lists", unit="apt-daily.timer")
    unit.running(name="Security updates: installation", unit="apt-daily-upgrade.timer")
