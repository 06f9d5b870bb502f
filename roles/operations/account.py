"""Local accounts."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation


class Account(FactBase):
    """One account of the host: `{"home": "/home/drift", "shell": "/bin/bash"}`, None when there is none."""

    def command(self, user: str) -> str:
        return f"getent passwd {shlex.quote(user)} || true"

    def process(self, output: list[str]) -> dict[str, str]:
        fields = output[0].split(":")
        return {"home": fields[5], "shell": fields[6]}


@operation()
def person(*, user: str, shell: str = "/bin/bash") -> Iterator[Any]:
    """Make sure that a local person's account exists, with a home and without a password."""
    found = host.get_fact(Account, user=user)
    if found is None:
        yield StringCommand(f"useradd --create-home --user-group --shell {shlex.quote(shell)} {shlex.quote(user)}")
    elif found["shell"] != shell:
        yield StringCommand(f"usermod --shell {shlex.quote(shell)} {shlex.quote(user)}")
    else:
        host.noop(f"{user} exists")
