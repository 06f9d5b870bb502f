"""Debian's PAM profiles."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation


class Profiles(FactBase):
    """Names of the profiles that make up the host's common PAM stacks: a set."""

    default = set

    def command(self) -> str:
        # pam-auth-update keeps what it put into each stack, a profile a line after the stack's head.
        return "cat /var/lib/pam/session /var/lib/pam/auth 2>/dev/null | sed -n 's/^Module: //p'"

    def process(self, output: list[str]) -> set[str]:
        return set(output)


@operation()
def enabled(*, profiles: Sequence[str]) -> Iterator[Any]:
    """Make the profiles of /usr/share/pam-configs part of every sign-in."""
    if set(profiles) <= host.get_fact(Profiles):
        host.noop("the profiles are in force")
        return
    words = " ".join(f"--enable {shlex.quote(profile)}" for profile in profiles)
    yield StringCommand(f"DEBIAN_FRONTEND=noninteractive pam-auth-update --package {words}")
