"""Install, configure and activate a workplace."""

from __future__ import annotations

from pathlib import Path

from pyinfra import host
from pyinfra.api.deploy import deploy

from roles.operations import file, package, unit
from roles.workplace import membership, sign_in
from roles.workplace.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = ("adcli", "bsdutils", "krb5-user", "libnss-sss", "libpam-sss", "procps", "sssd-ad", "sssd-tools")
SSSD = "sssd.service"
SESSIONS = "samdrift-sessions.timer"


@deploy("workplace: install")
def install(settings: Settings) -> None:
    """What makes people of the directory users of this host."""
    package.installed(name="Membership in the domain", names=PACKAGES)


@deploy("workplace: configure")
def configure(settings: Settings) -> None:
    """Who may sign in, and how."""

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values={"settings": settings}, **options)

    rendered("Kerberos of the domain", "/etc/krb5.conf")
    rendered("People come from the directory", "/etc/sssd/sssd.conf", mode="640", units=[SSSD])
    # sssd itself answers for the domain's PAC; the socket would want to start a second one, and fail.
    unit.stopped(name="No second PAC responder", unit="sssd-pac.socket")
    rendered("Sessions of leavers are ended by this", "/usr/local/sbin/samdrift-sessions", mode="755")
    for suffix in ("service", "timer"):
        dest = f"/etc/systemd/system/samdrift-sessions.{suffix}"
        rendered(f"Sessions of leavers end: {suffix}", dest, units=[SESSIONS])
    rendered("Homes are made at the first sign-in", "/usr/share/pam-configs/samdrift-home")
    sign_in.enabled(name="Sign-in goes by the directory", profiles=["sss", "samdrift-home"])
    rendered(
        "Sign-in by password on the host itself",
        "/etc/ssh/sshd_config.d/20-workplace.conf",
        check="mkdir -p /run/sshd && sshd -t -f {}",
        units=["ssh.service"],
    )


@deploy("workplace: activate")
def activate(settings: Settings) -> None:
    """Join, and wait until the directory's people are here."""
    membership.joined(
        name="Member of the domain",
        domain_dns=settings.domain_dns,
        dcs=settings.dcs,
        fqdn=f"{host.name}.{settings.domain_dns}",
        unit=settings.unit,
        user=settings.join_user,
        password=settings.join_password,
        restart=SSSD,
    )
    unit.running(name="People of the directory", unit=SSSD)
    unit.running(name="Sessions of leavers end", unit=SESSIONS)
    membership.known(name="The directory answers here", user=settings.join_user)
