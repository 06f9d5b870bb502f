"""SEC-05: whatever people's computers speak to in the hall is encrypted, and proves who it is."""

import re
import time
from typing import Any

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.standard import catalogue
from tests.checks.scene import Place, Scene, new_word
from tests.checks.service import encrypted_ports, shared_services, unexplained_ports
from tests.checks.watch import Tap, first, note_controls

LEAST_DAYS = catalogue.load().by_id("SEC-05").threshold("remaining life")
HEARD = {
    "https": r"HTTP/1\.1 \d",
    "ldaps": r"result \d",
    "ldap-starttls": r"result \d",
    "imaps": r"a (NO|BAD)",
    "smtps": r"[45]\d\d ",
    "smtp-starttls": r"[45]\d\d ",
}
"""The answer to wrong credentials under TLS: the service was there to hear them."""
REFUSED = {
    "https": r"$|HTTP/1\.[01] (400|403|421|426) |HTTP/1\.[01] 30[1278] .* https://",
    # Stronger authentication or confidentiality required (RFC 4511, appendix A): said before the password is looked at.
    "ldap-starttls": r"$|result (8|13)$",
    # Must issue STARTTLS first, encryption required, or no such command (RFC 3207, RFC 4954).
    "smtp-starttls": r"$|5(30|38|0[0-4]) ",
}
"""The answer to credentials in plain text; where TLS begins with the first byte, none at all."""


@pytest.mark.requirement("SEC-05")
def test_sec_05_tls_for_people(member: str, scene: Scene, evidence: Evidence) -> None:
    """A password that crosses a cable in clear text belongs to whoever holds the cable."""
    sites = [scene.at(name) for name in scene.guests if name in (f"{member}-adm", f"{member}-ped")]
    ports = {site.name: encrypted_ports(scene, site.interface) for site in sites}
    evidence.need(sum(map(len, ports.values())))
    found = [f"nobody says how {one} protects its users" for one in unexplained_ports(scene)]
    inside, outside = new_word(), new_word()
    tap = Tap(scene, [scene.network("svc")], words=[inside, outside])
    for site in sites:
        answers = site.station.ask("sender.burst", targets=shared_services(scene), word=new_word())
        note_controls(evidence, site.name, answers, what="a shared service")
        found += at_site(site, ports[site.name], inside, outside, evidence)
    frames = tap.frames()
    evidence.control("the tap in the hall sees what is sent in clear", alive=any(outside in f["words"] for f in frames))
    found += [f"what was sent under TLS crosses {f['vnet']} in clear" for f in frames if inside in f["words"]]
    assert not found, first(found)


def at_site(site: Place, ports: list[dict[str, Any]], inside: str, outside: str, evidence: Evidence) -> list[str]:
    """What is wrong with any port, as this site sees it."""
    told = site.station.ask("encryption.look", targets=ports, inside=inside, outside=outside, patience=120.0)
    evidence.case(len(told))
    wrong = []
    for one in told:
        port = f"{one['name']} {one['address']} port {one['port']} ({one['speech']})"
        days = (one["ends"] - time.time()) / 86400
        evidence.note(
            f"{site.name}, {port}: {one['version']}, {days:.1f} days left; "
            f"under TLS {one['heard']!r}, in plain text {one['plain']!r}"
        )
        wrong += [f"{site.name}, {port}: {sentence}" for sentence in faults(one, days=days)]
    return wrong


def faults(one: dict[str, Any], *, days: float) -> list[str]:
    """What a port does that it should not."""
    if one["reached"]:
        return [f"no TLS there: {one['reached']}"]
    found = [f"takes {taken}" for taken in one["old"]]
    if not re.match(REFUSED.get(one["speech"], "$"), one["plain"]):
        found.append(f"answers credentials in plain text: {one['plain']}")
    if one["trusted"]:
        return [*found, f"its certificate is not trusted: {one['trusted']}"]
    if not re.match(HEARD[one["speech"]], one["heard"]):
        found.append(f"does not answer under TLS: {one['heard']!r}")
    if days < LEAST_DAYS:
        found.append(f"its certificate ends in {days:.1f} days, at least {LEAST_DAYS:g} are agreed")
    return found
