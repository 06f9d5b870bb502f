"""Sabotages of SSO-03: administrators exempted, a second factor not asked for, and a door that never asks."""

from collections.abc import Iterator
from typing import Any

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.sabotages import mailbox, portal
from tests.sabotages.hand import scene_of


@sabotage(requirement="SSO-03", name="administrators-exempted")
def administrators_exempted(target: Target) -> Iterator[None]:
    """The one who forgot the telephone at home let everybody in without."""

    def change(configuration: dict[str, Any]) -> None:
        configuration["grantSessionRules"] = {}
        configuration["oidcRPMetaDataOptions"]["monitoring"].pop("oidcRPMetaDataOptionsAuthnLevel")

    with scene_of(target) as scene, portal.configured(scene, change):
        yield


@sabotage(requirement="SSO-03", name="second-factor-not-asked")
def second_factor_not_asked(target: Target) -> Iterator[None]:
    """It is registered, so the rule is content; but nobody asks for the code."""

    def change(configuration: dict[str, Any]) -> None:
        configuration["totp2fActivation"] = "0"
        configuration["oidcRPMetaDataOptions"]["monitoring"].pop("oidcRPMetaDataOptionsAuthnLevel")

    with scene_of(target) as scene, portal.configured(scene, change):
        yield


@sabotage(requirement="SSO-03", name="mail-by-password")
def mail_by_password(target: Target) -> Iterator[None]:
    """An old telephone of somebody's could do nothing else."""
    with scene_of(target) as scene, mailbox.without(scene, r"\(!\(memberOf:[0-9.]+:=CN=privileged,[^)]*\)\)"):
        yield
