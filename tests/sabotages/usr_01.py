"""Sabotages of USR-01: groups that get what was not agreed, or not what was."""

import re
from collections.abc import Iterator
from typing import Any

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import changed, run
from tests.sabotages.hand import scene_of
from tests.sabotages.program import rules_changed


@sabotage(requirement="USR-01", name="consultants-as-employees")
def consultants_as_employees(target: Target) -> Iterator[None]:
    """ "They sit beside us anyway"."""

    def change(rules: dict[str, Any]) -> None:
        rules["kinds"]["consultants"]["services"] = rules["kinds"]["staff"]["services"]

    with scene_of(target) as scene, rules_changed(scene, change):
        yield


@sabotage(requirement="USR-01", name="representatives-forgotten")
def representatives_forgotten(target: Target) -> Iterator[None]:
    """The group that nobody thinks of when the rules are tidied."""

    def change(rules: dict[str, Any]) -> None:
        rules["kinds"]["elected"] |= {"services": [], "mailbox": False}

    with scene_of(target) as scene, rules_changed(scene, change):
        yield


@sabotage(requirement="USR-01", name="address-book-for-all")
def address_book_for_all(target: Target) -> Iterator[None]:
    """Everybody may look into one member's units again, as a new domain comes."""
    with scene_of(target) as scene:
        root = ",".join(f"DC={label}" for label in scene.federation.hall.ad_domain.split("."))
        top = f"OU={scene.members[0].key},OU=Members,{root}"
        try:
            for dn in (top, f"OU=Staff,{top}"):
                run(scene, "dc1", "samba-tool", "dsacl", "set", f"--objectdn={dn}", "--sddl=(A;;LCRPLORC;;;AU)")
            yield
        finally:
            run(scene, "dc1", "samdrift-directory", "apply")


@sabotage(requirement="USR-01", name="webmail-shows-everybody")
def webmail_shows_everybody(target: Target) -> Iterator[None]:
    """One address book for the whole member, whoever looks."""

    def change(text: str) -> str:
        return re.sub(r'"OU=(Staff|Elected|Pupils),OU=', '"OU=', text)

    webmail = "samdrift-webmail@*.service"
    with scene_of(target) as scene, changed(scene, "mail", "/etc/sogo/sogo.conf", change, unit=webmail):
        yield
