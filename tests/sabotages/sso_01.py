"""Sabotages of SSO-01: an application that people cannot enter by the portal, and a portal that reads no tickets."""

from collections.abc import Iterator
from typing import Any

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import run
from tests.sabotages import portal
from tests.sabotages.hand import scene_of

KEYTAB = "/etc/samdrift/portal.keytab"


@sabotage(requirement="SSO-01", name="application-taken-out")
def application_taken_out(target: Target) -> Iterator[None]:
    """Somebody has it sign people in by itself again, "until it works"."""

    def change(configuration: dict[str, Any]) -> None:
        del configuration["oidcRPMetaDataOptions"]["webmail"]

    with scene_of(target) as scene, portal.configured(scene, change):
        yield


@sabotage(requirement="SSO-01", name="tickets-not-read")
def tickets_not_read(target: Target) -> Iterator[None]:
    """The key that opens the workplaces' tickets is gone, as after a password was changed in the directory alone."""
    with scene_of(target) as scene:
        run(scene, portal.HOST, "mv", KEYTAB, f"{KEYTAB}.away")
        try:
            portal.restart(scene)
            yield
        finally:
            run(scene, portal.HOST, "mv", f"{KEYTAB}.away", KEYTAB)
            portal.restart(scene)
