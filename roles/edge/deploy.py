"""Install, configure and activate the hall's edge."""

from __future__ import annotations

from pathlib import Path

from pyinfra.api.deploy import deploy

from roles.edge.settings import Settings
from roles.operations import file, package, unit
from roles.operations import filter as packet_filter

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = ("dns-root-data", "unbound")
MEMBERS = "samdrift-members.service"
RESOLVER = "unbound.service"


@deploy("edge: install")
def install(settings: Settings) -> None:
    """The packet filter and the resolver; the clock is every host's."""
    packet_filter.install()
    package.installed(name="Resolver", names=PACKAGES)


@deploy("edge: configure")
def configure(settings: Settings) -> None:
    """What changes with the members is in files of its own, read by a unit of its own."""
    values: dict[str, object] = {"settings": settings}

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values=values, **options)

    rendered("Routes of ours carry a name", "/etc/iproute2/rt_protos.d/samdrift.conf")
    rendered("Members as elements of the ruleset's sets", "/etc/samdrift/members.nft", units=[MEMBERS], reload=True)
    rendered("Members as routes", "/etc/samdrift/routes", units=[MEMBERS], reload=True)
    rendered(
        "Members come and go by this", "/usr/local/sbin/samdrift-members", mode="755", units=[MEMBERS], reload=True
    )
    rendered("Members come back at boot", f"/etc/systemd/system/{MEMBERS}", units=[MEMBERS])
    rendered(
        "Members' domains",
        "/etc/unbound/unbound.conf.d/samdrift-members.conf",
        check="unbound-checkconf {} > /dev/null",
        units=[MEMBERS],
        reload=True,
    )
    packet_filter.configure(templates=TEMPLATES, values=values)
    rendered(
        "Resolver",
        "/etc/unbound/unbound.conf.d/samdrift.conf",
        check="unbound-checkconf {} > /dev/null",
        units=[RESOLVER],
    )
    rendered("Clock of the federation", "/etc/chrony/conf.d/samdrift-serve.conf", units=["chrony.service"])


@deploy("edge: activate")
def activate(settings: Settings) -> None:
    """The filter, then the members in it, then what the hosts ask for."""
    packet_filter.activate()
    unit.running(name="Members", unit=MEMBERS)
    unit.running(name="Resolver", unit=RESOLVER)
