"""Sabotages of MAIL-02: doors by which somebody writes as somebody else, or without being anybody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import run
from tests.checks.scene import Scene
from tests.sabotages.hand import scene_of
from tests.sabotages.spam_01 import GATEWAY, STORE, parameters

DOORS = ("submissions/inet", "submission/inet")
PROGRAMS = "/etc/postfix/master.cf"


@sabotage(requirement="MAIL-02", name="any-sender-allowed")
def any_sender_allowed(target: Target) -> Iterator[None]:
    """A shared mailbox could not be sent from, so everybody may send as anybody."""
    with scene_of(target) as scene, doors(scene, smtpd_sender_restrictions="reject_non_fqdn_sender"):
        yield


@sabotage(requirement="MAIL-02", name="message-says-somebody-else")
def message_says_somebody_else(target: Target) -> Iterator[None]:
    """The milter was in the way of a newsletter."""
    with scene_of(target) as scene, doors(scene, smtpd_milters=""):
        yield


@sabotage(requirement="MAIL-02", name="wide-trusted-networks")
def wide_trusted_networks(target: Target) -> Iterator[None]:
    """A copier cannot sign in."""
    wide = "permit_mynetworks,permit_sasl_authenticated,reject"  # `postconf -P` takes no blanks
    with (
        scene_of(target) as scene,
        parameters(scene, STORE, mynetworks="10.0.0.0/8 [fd00::]/8 127.0.0.0/8 [::1]/128"),
        doors(
            scene,
            smtpd_client_restrictions=wide,
            smtpd_relay_restrictions=wide,
            smtpd_recipient_restrictions=wide,
            smtpd_sender_restrictions="reject_non_fqdn_sender",
        ),
    ):
        yield


@sabotage(requirement="MAIL-02", name="gateway-trusts-everybody")
def gateway_trusts_everybody(target: Target) -> Iterator[None]:
    """A mistyped prefix: everybody is one of us."""
    with (
        scene_of(target) as scene,
        parameters(
            scene,
            GATEWAY,
            mynetworks="0.0.0.0/0 [::]/0",
            smtpd_sender_restrictions="",
            smtpd_relay_restrictions="permit_mynetworks, reject_unauth_destination",
            smtpd_recipient_restrictions="permit_mynetworks, reject",
        ),
    ):
        yield


@contextmanager
def doors(scene: Scene, **changed: str) -> Iterator[None]:
    """Change parameters of the two doors of people, and put the file back as it was."""
    right = run(scene, STORE, "cat", PROGRAMS)
    try:
        words = [f"{door}/{name}={value}" for door in DOORS for name, value in changed.items()]
        run(scene, STORE, "postconf", "-P", *words)
        run(scene, STORE, "postfix", "reload")
        yield
    finally:
        run(scene, STORE, "tee", PROGRAMS, given=right)
        run(scene, STORE, "postfix", "reload")
