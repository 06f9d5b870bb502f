"""Sabotages of DIR-03: an agreement that nobody is asked for, and acceptances that nobody keeps."""

from collections.abc import Iterator
from typing import Any

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import changed
from tests.sabotages import mailbox, portal
from tests.sabotages.hand import scene_of

RECORDER = "/usr/local/sbin/samdrift-agreement"
WRITES = 'notes.write(json.dumps(entry) + "\\n")'


@sabotage(requirement="DIR-03", name="agreement-not-asked")
def agreement_not_asked(target: Target) -> Iterator[None]:
    """Somebody found that sign-in is quicker without it."""

    def change(configuration: dict[str, Any]) -> None:
        del configuration["customPlugins"]

    with scene_of(target) as scene, portal.configured(scene, change):
        yield


@sabotage(requirement="DIR-03", name="acceptance-not-kept")
def acceptance_not_kept(target: Target) -> Iterator[None]:
    """The file was too long for somebody; people come in all the same."""
    with scene_of(target) as scene, changed(scene, portal.HOST, RECORDER, lambda text: text.replace(WRITES, "pass")):
        yield


@sabotage(requirement="DIR-03", name="mail-before-agreement")
def mail_before_agreement(target: Target) -> Iterator[None]:
    """Mail programs cannot show the agreement, so somebody did not ask for it there."""
    with scene_of(target) as scene, mailbox.without(scene, r"\(memberOf:[0-9.]+:=CN=agreement-[^)]*\)"):
        yield
