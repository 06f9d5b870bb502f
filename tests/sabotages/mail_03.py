"""Sabotages of MAIL-03: mail that nobody signs, forgeries that nobody minds, a password in the clear."""

from __future__ import annotations

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import run
from tests.sabotages.hand import scene_of
from tests.sabotages.mail_01 import zone
from tests.sabotages.spam_01 import GATEWAY, STORE, parameters


@sabotage(requirement="MAIL-03", name="one-signing-key-deleted")
def one_signing_key_deleted(target: Target) -> Iterator[None]:
    """A file that nobody knew, in a folder that somebody tidied."""
    with scene_of(target) as scene:
        file = f"/etc/rspamd/dkim/{scene.members[-1].domain}.key"
        run(scene, GATEWAY, "mv", file, f"{file}.away")
        try:
            run(scene, GATEWAY, "systemctl", "restart", "rspamd.service")
            yield
        finally:
            run(scene, GATEWAY, "mv", f"{file}.away", file)
            run(scene, GATEWAY, "systemctl", "restart", "rspamd.service")


@sabotage(requirement="MAIL-03", name="policy-none")
def policy_none(target: Target) -> Iterator[None]:
    """ "We begin with none and watch the reports"; nobody watches them."""
    with scene_of(target) as scene, zone(scene, scene.members[0].domain, "p=reject; sp=reject", "p=none; sp=none"):
        yield


@sabotage(requirement="MAIL-03", name="forgeries-taken")
def forgeries_taken(target: Target) -> Iterator[None]:
    """A supplier's newsletters came back, so nobody is asked any more."""
    with scene_of(target) as scene, parameters(scene, GATEWAY, smtpd_sender_restrictions="", smtpd_milters=""):
        yield


@sabotage(requirement="MAIL-03", name="plaintext-login")
def plaintext_login(target: Target) -> Iterator[None]:
    """An old program at one desk has no TLS."""
    changed = {"smtpd_tls_security_level": "may", "smtpd_tls_auth_only": "no"}
    with scene_of(target) as scene, parameters(scene, STORE, **changed):
        yield
