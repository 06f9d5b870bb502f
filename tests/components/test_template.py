"""A hypervisor that cannot serve is told before anything is made."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_proxmoxve as proxmoxve
import pytest

from samdrift.federation.guest import guests_of
from samdrift.rehearsal import Rehearsal, rehearse_function
from samdrift.stack import template
from samdrift.stack.installation import InstallationError
from tests.components.recording import federation

FEDERATION = federation()
GUESTS = guests_of(FEDERATION, FEDERATION.stack("ystad"))


def _look(**hypervisor: object) -> Rehearsal:
    found = FEDERATION.hall.hypervisor.model_copy(update=hypervisor)

    def program() -> None:
        provider = proxmoxve.Provider("administration", endpoint="https://rehearsal.invalid/")
        template.require_templates(GUESTS, hypervisor=found, provider=provider)

    return rehearse_function("ystad-osterlen.ystad", program)


def test_templates_that_are_there_say_nothing() -> None:
    _look()


@pytest.mark.usefixtures("swept")
def test_missing_template_names_node_and_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Found:
        files: tuple[Any, ...] = ()

    def only_another(*, file_name_regex: str | None, **_: object) -> Found:
        found = Found()
        if file_name_regex is None:
            found.files = (type("File", (), {"id": "local:vztmpl/other.tar.zst"}),)
        return found

    monkeypatch.setattr(proxmoxve, "get_files", only_another)
    with pytest.raises(InstallationError, match=r"node pve\d has no local:vztmpl/debian-13\S+; .* local:vztmpl/other"):
        _look()


@pytest.mark.usefixtures("swept")
def test_refusal_is_told_in_the_hypervisors_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(opts: pulumi.InvokeOptions | None = None) -> None:
        raise RuntimeError("invocation of getVersion returned an error: received an HTTP 401 response")

    monkeypatch.setattr(proxmoxve, "get_version", refuse)
    with pytest.raises(InstallationError, match=r"PROXMOX_VE_API_TOKEN: received an HTTP 401 response$"):
        _look()
