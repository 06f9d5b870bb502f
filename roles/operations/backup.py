"""What of a host is worth keeping: said by the role that knows it, taken from there by the role backup.

    backup.declared(system="mail", member="ystad", paths=["/srv/mail/ystad"])
    backup.declared(system="database", paths=[], dump="pg_dumpall > $DUMP/all.sql", restore="psql < $DUMP/all.sql")

Every drop-in becomes a repository with a key of its own: what one member takes along when it leaves opens nothing else.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation

from roles.operations import file
from roles.operations.setting import require, require_name

FOLDER = "/etc/samdrift/backup.d"


def declared(
    *,
    system: str,
    member: str | None = None,
    paths: Sequence[str] = (),
    dump: str | None = None,
    restore: str | None = None,
    part: str | None = None,
) -> None:
    """Keep a system's data, or one member's part of it.

    + paths: folders and files to keep as they are; each must be there, and not empty, whenever a backup is made
    + dump: shell command that writes a consistent copy of what is no plain file into the folder `$DUMP`
    + restore: shell command that puts it back into the running system: `$DUMP` is the folder as `dump` left it, `$WHAT`
      what was asked for (empty: everything), `$MEMBER` the member, `$FILES` a folder that holds `paths` as they were
    + part: where one thing that can be asked for is kept, `{what}` being its name: nothing else is then fetched for it
    """
    require_name("backup.system", system)
    require(bool(paths or dump), f"backup.{system}.paths", list(paths), "paths or a dump, else nothing is kept")
    for path in paths:
        require(path.startswith("/"), f"backup.{system}.paths", path, "an absolute path is accepted")
    label = repository(system, member)
    kept = {"system": system, "member": member, "paths": list(paths), "dump": dump, "restore": restore, "part": part}
    file.written(
        name=f"{label} is kept",
        dest=f"{FOLDER}/{label}.yaml",
        text=json.dumps(kept, indent=1, ensure_ascii=False) + "\n",  # JSON is YAML too
    )


def reached(*, place: str, key: str, store_key: str) -> None:
    """Bring the way to the backup store: this host's key in folder `place`, and the store's own.

    The store has a name of our own there: its key is known by it whatever address it has.
    """
    file.written(name="Key to the store", dest=f"{place}/key", text=f"{key.strip()}\n")
    file.written(name="The store's key", dest=f"{place}/known_hosts", text=f"samdrift-store {store_key}\n", mode="644")


def repository(system: str, member: str | None = None) -> str:
    """Return the name of the repository of a system, or of one member's part.

    >>> repository("mail", "ystad")
    'mail-ystad'
    """
    if member:
        require_name(f"backup.{system}.member", member)
    return f"{system}-{member}" if member else system


class Declared(FactBase):
    """What is declared now: `{path: {"system": ..., "member": ...}}`."""

    default = dict

    def command(self) -> str:
        each = "python3 -c 'import json,sys; print(json.dumps(json.load(open(sys.argv[1]))))'"
        return f'for f in {FOLDER}/*.yaml; do [ -e "$f" ] && echo "$f $({each} "$f")"; done; true'

    def process(self, output: list[str]) -> dict[str, dict[str, Any]]:
        return {line.partition(" ")[0]: json.loads(line.partition(" ")[2]) for line in output}


@operation()
def only(*, system: str, members: Sequence[str]) -> Iterator[Any]:
    """Keep of a system no member's part but these any more; what was kept stays in the store until its time is over."""
    yield from _withdrawn(
        lambda kept: kept["system"] == system and kept["member"] not in (None, *members),
        none=f"{system} keeps no other member's part",
    )


@operation()
def ended(*, beginning: str, living: Sequence[str]) -> Iterator[Any]:
    """Keep no system any more whose name begins so, but the living ones; what was kept stays until its time is over."""
    yield from _withdrawn(
        lambda kept: kept["system"].startswith(beginning) and kept["system"] not in living,
        none=f"nothing else is kept of {beginning}",
    )


def _withdrawn(is_gone: Callable[[dict[str, Any]], bool], *, none: str) -> Iterator[Any]:
    gone = sorted(path for path, kept in host.get_fact(Declared).items() if is_gone(kept))
    if not gone:
        host.noop(none)
        return
    yield StringCommand(f"rm -f {' '.join(map(shlex.quote, gone))}")
