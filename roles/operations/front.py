"""A web server before a service: apache with the host's certificate, which lets in whom the sign-on portal names.

A role's own site includes `FRONT` in its virtual host and says what stands behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pyinfra.operations import files

from roles.operations import certificate, file
from roles.operations.setting import require, require_name, require_plain

TEMPLATES = Path(__file__).parent / "templates"
UNIT = "apache2.service"
FRONT = "/etc/apache2/samdrift-front.conf"
SITE = "/etc/apache2/sites-available/samdrift.conf"
PACKAGES = ("apache2", "libapache2-mod-auth-openidc")
PARTS = (
    "mods-enabled/auth_openidc.load",
    "mods-enabled/headers.load",
    "mods-enabled/socache_shmcb.load",
    "mods-enabled/ssl.conf",
    "mods-enabled/ssl.load",
    "sites-enabled/samdrift.conf",
)


def check(found: Mapping[str, str], *, role: str) -> None:
    """Refuse a setting `portal` by which nobody could sign in, or whose secrets would need quoting."""
    for key in ("issuer", "callback"):
        address = found.get(key, "")
        require(address.startswith("https://"), f"{role}.portal.{key}", address, "an https:// URL is accepted")
    require_name(f"{role}.portal.client", found.get("client", ""))
    for key in ("secret", "seal"):
        require_plain(f"{role}.portal.{key}", found.get(key, ""))


def before(*, portal: Mapping[str, str], modules: Sequence[str] = ()) -> None:
    """Add the operations that put the web server before a role's site; `unit.running` of `UNIT` is the role's.

    + portal: setting `portal`: who signs people in (`issuer`), as what the service asks there (`client`, `secret`),
      where people come back to (`callback`), and what keeps a browser from reading or changing what it holds (`seal`)
    + modules: apache's modules that the role's site needs beside those of the front
    """
    file.rendered(
        name="People come in by the portal, under TLS",
        dest=FRONT,
        templates=TEMPLATES,
        values={"portal": portal, "chain": certificate.CHAIN, "key": certificate.KEY},
        mode="600",
        units=[UNIT],
    )
    # Its former name, with the same secrets.
    file.absent(name="The front is in one file", path="/etc/apache2/samdrift-portal.conf")
    for part in (*PARTS, *(f"mods-enabled/{module}.load" for module in modules)):
        target = f"../{part.replace('enabled', 'available')}"
        files.link(name=f"Web server reads {part}", path=f"/etc/apache2/{part}", target=target)
    # Of the server's own status: whoever is signed in would read everybody's requests there.
    for part in ("sites-enabled/000-default.conf", "mods-enabled/status.load"):
        file.absent(name=f"No page of the web server's own: {part}", path=f"/etc/apache2/{part}", units=[UNIT])
