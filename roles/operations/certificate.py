"""A host's certificate: obtained by ACME (RFC 8555), renewed by a timer, the same files for whatever program serves it.

`samdrift-certificate` on the host does the work, for the deploy and for the timer. The new chain and its key come into
place together, by one rename of a link; the programs that read them are restarted or reloaded after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from roles.operations import file, package, unit, upkeep
from roles.operations.setting import require, require_domain

TEMPLATES = Path(__file__).parent / "templates"
CHAIN = "/etc/samdrift/tls/fullchain.pem"
KEY = "/etc/samdrift/tls/key.pem"
PROGRAM = "/usr/local/sbin/samdrift-certificate"
KEYS = {"names", "directory", "days", "contact"}
TIMER = "samdrift-certificate.timer"
# acme.sh answers on port 80 itself, by socat; ssl-cert brings the group of those who may read keys, and openssl.
PACKAGES = ("acme.sh", "ca-certificates", "curl", "openssl", "socat", "ssl-cert")


def check(found: Mapping[str, Any], *, role: str) -> None:
    """Refuse a setting `certificate` that cannot be obtained; for the role's own settings."""
    require(bool(found.get("names")), f"{role}.certificate.names", found.get("names"), "at least one name is needed")
    for name in found["names"]:
        require_domain(f"{role}.certificate.names", name)
    directory = str(found.get("directory"))
    require(directory.startswith("https://"), f"{role}.certificate.directory", directory, "an https:// URL is accepted")
    require(set(found) <= KEYS, f"{role}.certificate", sorted(found), f"{sorted(KEYS)} are accepted")


def install() -> None:
    """Add the operations that bring the client."""
    package.installed(name="Client of the certificate authority", names=PACKAGES)


def obtained(
    found: Mapping[str, Any],
    *,
    units: Sequence[str] = (),
    group: str = "ssl-cert",
) -> None:
    """Add the operations that obtain the certificate where it is missing or no longer right, and keep it renewed.

    + found: setting `certificate`, as `samdrift.federation.setting.fact.certificate` makes it
    + units: units that read the files: marked as pending by a deploy; after a renewal reloaded, or restarted
      where they know no reload
    + group: who may read the key besides root; `root`: nobody, and its mode is 600
    """
    values: dict[str, object] = {
        "certificate": {"days": None, "contact": None, **found},
        "units": units,
        "group": group,
        "pending": unit.PENDING,
    }
    for name, dest, mode in (
        ("Whose certificate, and from where", "/etc/samdrift/certificate.conf", "644"),
        ("Certificates are obtained by this", PROGRAM, "755"),
        ("Certificates are renewed by this", "/etc/systemd/system/samdrift-certificate.service", "644"),
        ("Certificates are renewed in time", f"/etc/systemd/system/{TIMER}", "644"),
    ):
        marked = [TIMER] if dest.startswith("/etc/systemd") else []
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values=values, mode=mode, units=marked)
    upkeep.applied(
        name=f"Certificate of {found['names'][0]}",
        look=f"{PROGRAM} due",
        apply=f"{PROGRAM} obtain",
        whole="the certificate is as it shall be",
    )
    unit.running(name="Renewal of the certificate", unit=TIMER)
