"""Sabotages of HLP-02: the desk lets a case out of its hands."""

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from samdrift.federation.support import HOST
from tests.checks.host import changed
from tests.sabotages.hand import scene_of

RULES = "/usr/local/share/request-tracker5/lib/RT/Ticket_Local.pm"
CASE = "/usr/local/share/request-tracker5/lib/Samdrift/Case.pm"


@sabotage(requirement="HLP-02", name="supplier-writes-to-the-user")
def supplier_writes_to_the_user(target: Target) -> Iterator[None]:
    """A supplier's "done" is taken for the desk's answer: the case may be closed on it."""
    right, wrong = "return 0 if $one->Type eq 'Status'", "return 1 if $one->Type eq 'Status'"
    with (
        scene_of(target) as scene,
        changed(scene, HOST, CASE, lambda text: text.replace(right, wrong), unit="apache2.service"),
    ):
        yield


@sabotage(requirement="HLP-02", name="owner-may-be-nobody")
def owner_may_be_nobody(target: Target) -> Iterator[None]:
    """ "Then at least it is not mine any more"."""
    right = "( $new->id // 0 ) == RT->Nobody->id"
    with (
        scene_of(target) as scene,
        changed(scene, HOST, RULES, lambda text: text.replace(right, "0"), unit="apache2.service"),
    ):
        yield
