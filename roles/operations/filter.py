"""The packet filter of a host that routes: nftables, and forwarding that is on only while a ruleset is loaded.

Debian's nftables.service starts before any interface is configured. Forwarding is not a sysctl file of its own: the
unit switches it on after the ruleset is in force and off when it stops, so a host whose ruleset does not load forwards
nothing, and can still be reached and mended.
"""

from __future__ import annotations

from pathlib import Path

from roles.operations import file, package, unit

TEMPLATES = Path(__file__).parent / "templates"
RULESET = "/etc/nftables.conf"
UNIT = "nftables.service"
# The kernel's own log is silent in containers (net.netfilter.nf_log_all_netns): ulogd2 takes the packets from the log
# group and writes to the journal.
PACKAGES = ("nftables", "ulogd2", "iproute2")


def install() -> None:
    """Add the operations that bring the software."""
    package.installed(name="Packet filter and its log", names=PACKAGES)


def configure(*, templates: Path, values: dict[str, object]) -> None:
    """Add the operations that write the role's ruleset, accepted by nft before it replaces the old one."""
    for dest in ("/etc/samdrift/forwarding.conf", "/etc/systemd/system/nftables.service.d/samdrift.conf"):
        file.rendered(
            name=f"Forwarding follows the packet filter: {Path(dest).name}",
            dest=dest,
            templates=TEMPLATES,
            values=values,
            units=[UNIT],
            reload=True,
        )
    file.rendered(
        name="Dropped packets are written to the journal",
        dest="/etc/ulogd.conf",
        templates=TEMPLATES,
        values=values,
        units=["ulogd2.service"],
    )
    file.rendered(
        name="Ruleset",
        dest=RULESET,
        templates=templates,
        values=values,
        mode="640",
        check="nft -c -f {}",
        units=[UNIT],
        reload=True,
    )


def activate() -> None:
    """Add the operations that put the ruleset in force, in one transaction: established flows stay."""
    unit.running(name="Packet filter", unit=UNIT)
    unit.running(name="Log of dropped packets", unit="ulogd2.service")
