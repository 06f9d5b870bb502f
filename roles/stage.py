"""The stages of a host: all installs, then all configures, then all activates, so nothing starts half-configured."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

# base first: it brings the way to packages. The rest of the order is that of the host's own layers, network to people.
ORDER = (
    "base",
    "watched",
    "gateway",
    "edge",
    "nameserver",
    "pki",
    "directory",
    "accounts",
    "citizens",
    "database",
    "mail",
    "helpdesk",
    "relay",
    "portal",
    "workplace",
    "probe",
    "outside",
    "repository",
    "monitor",
    "vault",
    "backup",
)
ENVIRONMENT = {"LC_ALL": "C.UTF-8"}
"""Of every remote command: facts read what programs print, never in the host's own language."""
STAGES = ("install", "configure", "activate")


class RoleError(ValueError):
    """A host's roles cannot be deployed; one sentence."""


def check(roles: Mapping[str, Mapping[str, Any]], host: str) -> None:
    """Raise `RoleError` when a role is unknown or its settings are refused: before anything on the host is touched."""
    for name, settings in roles.items():
        if name not in ORDER:
            raise RoleError(f"{host} has role {name!r}: {', '.join(ORDER)} are accepted")
        try:
            import_module(f"roles.{name}").Settings(**settings)
        except (TypeError, ValueError) as error:
            raise RoleError(f"{host}, role {name}: {error}") from error


def plan() -> list[tuple[str, str]]:
    """Return every `(stage, role)` in the order of deployment, the same list for every host."""
    return [(stage, role) for stage in STAGES for role in ORDER]


def add(stage: str, role: str, roles: Mapping[str, Mapping[str, Any]]) -> None:
    """Add the operations of one stage of one role for the host in pyinfra's context; none when it lacks the role."""
    if role in roles:
        module = import_module(f"roles.{role}")
        getattr(module, stage)(module.Settings(**roles[role]))
