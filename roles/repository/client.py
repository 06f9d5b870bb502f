"""Accounts of the store: one a client host, and one that reads. Their only program is the store's door."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation

STORE = "/srv/backup"
READERS = "store"
"""Group of those who may read every repository."""
DOOR = "/usr/local/sbin/samdrift-door"


class Door(FactBase):
    """An account and its folder: home, shell, mode and owners of the folder, the account's groups; a line each."""

    default = list

    def command(self, user: str, folder: str) -> str:
        account = f"getent passwd {shlex.quote(user)} | cut -d: -f6,7 | tr : '\\n'"
        return f"{account}; stat -c '%a %U:%G' {shlex.quote(folder)} 2>/dev/null; id -nG {shlex.quote(user)}; true"

    def process(self, output: list[str]) -> list[str]:
        return output


@operation()
def admitted(*, user: str, folder: str, reads: bool = False) -> Iterator[Any]:
    """Make sure that an account exists whose login shell is the door: whatever it asks for, the door answers.

    + folder: its home; a client's own part of the store
    + reads: of the group that reads the store, and owner of nothing in it
    """
    owner, mode = ("root", "751") if reads else (user, "2750")
    groups = f"{user} {READERS}" if reads else user
    wanted = [folder, DOOR, f"{mode} {owner}:{READERS}", groups]
    if host.get_fact(Door, user=user, folder=folder) == wanted:
        host.noop(f"{user} may come in")
        return
    name, path = shlex.quote(user), shlex.quote(folder)
    # `*`: no password opens it, and yet it is not locked, which would keep its key out too (sshd(8), UsePAM).
    entry = f"--home-dir {path} --shell {DOOR} --password '*'"
    yield StringCommand(
        f"groupadd -f --system {READERS} && "
        f"{{ id -u {name} > /dev/null 2>&1 || useradd --system --user-group --no-create-home {entry} {name}; }} && "
        f"usermod --home {path} --shell {DOOR} --groups {shlex.quote(READERS if reads else '')} {name}"
    )
    # The group is inherited by everything a client makes, and the door sets its umask: so the vault reads all of it.
    yield StringCommand(f"install -d -m {mode} -o {owner} -g {READERS} {path}")
