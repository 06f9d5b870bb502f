"""Sabotages of SSO-02: an application for everybody, one that a role was granted by hand, and mail that asks less."""

from collections.abc import Callable, Iterator
from typing import Any

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.sabotages import mailbox, portal
from tests.sabotages.hand import scene_of


def opened(rule: str) -> Callable[[dict[str, Any]], None]:
    """Return the change that lets in whoever the rule says, as they are."""

    def change(configuration: dict[str, Any]) -> None:
        client = configuration["oidcRPMetaDataOptions"]["monitoring"]
        client["oidcRPMetaDataOptionsRule"] = rule
        client.pop("oidcRPMetaDataOptionsAuthnLevel", None)

    return change


@sabotage(requirement="SSO-02", name="any-authenticated")
def any_authenticated(target: Target) -> Iterator[None]:
    """ "Whoever is signed in is one of ours"."""
    with scene_of(target) as scene, portal.configured(scene, opened("1")):
        yield


@sabotage(requirement="SSO-02", name="role-granted-by-hand")
def role_granted_by_hand(target: Target) -> Iterator[None]:
    """A class was to look at the screens for an afternoon."""
    with scene_of(target) as scene, portal.configured(scene, opened('inGroup("all-pupils")')):
        yield


@sabotage(requirement="SSO-02", name="mail-for-everybody")
def mail_for_everybody(target: Target) -> Iterator[None]:
    """A contractor had no mailbox, and somebody made one in a hurry."""
    with (
        scene_of(target) as scene,
        mailbox.without(scene, r"\(memberOf:[0-9.]+:=CN=service-mail,[^)]*\)|\(\|(\(mail=\*@[^)]*\))+\)"),
    ):
        yield


@sabotage(requirement="SSO-02", name="any-token")
def any_token(target: Target) -> Iterator[None]:
    """ "It is signed by our own portal"."""
    with scene_of(target) as scene, mailbox.without(scene, r"(?m)^oauth2_scope = \S+$"):
        yield
