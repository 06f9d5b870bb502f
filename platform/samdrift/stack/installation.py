"""What a program takes from its surroundings: the hypervisor's endpoint, the organisation's token, first SSH keys."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_proxmoxve as proxmoxve

from samdrift.environment import HYPERVISOR, NO_HYPERVISOR
from samdrift.handover import VAULT_KEY
from samdrift.state import State


class InstallationError(Exception):
    """The surroundings lack something; one sentence."""


@dataclass(frozen=True)
class Installation:
    """One hypervisor as one organisation sees it. `keys` are OpenSSH public keys of those who may enter new guests."""

    endpoint: str
    token: str
    keys: tuple[str, ...]

    @classmethod
    def found(cls, state: State, *, vault: bool = False) -> Installation:
        """Read the environment and the state folder; the vault has keys of its own. Raises: InstallationError."""
        values = [os.environ.get(name, "") for name in HYPERVISOR]
        if not all(values):
            raise InstallationError(NO_HYPERVISOR)
        files = [file for file in sorted(state.ssh.glob("*.pub")) if (file.stem == VAULT_KEY) is vault]
        keys = tuple(file.read_text().strip() for file in files)
        if not keys:
            wanted = f"{VAULT_KEY}.pub" if vault else "*.pub"
            raise InstallationError(
                f"{state.ssh}: no public key ({wanted}), so nobody could enter a new guest: `samdrift up` makes one"
            )
        return cls(endpoint=values[0], token=values[1], keys=keys)

    def provider(
        self, name: str, *, token: pulumi.Input[str] | None = None, after: Sequence[pulumi.Resource] = ()
    ) -> proxmoxve.Provider:
        """Declare a provider: with the organisation's token, or with a token that was made, once `after` is done."""
        return proxmoxve.Provider(
            name,
            endpoint=self.endpoint,
            api_token=pulumi.Output.secret(self.token if token is None else token),
            opts=pulumi.ResourceOptions(depends_on=list(after)),
        )
