"""Files of a host: rendered, checked by the software that reads them, and only then put in place."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation

from roles.operations.template import render
from roles.operations.unit import mark


class FileState(FactBase):
    """What stands at a path, in one remote command: `{"mode": "644", "owner": "root:root", "digest": "<sha256>"}`.

    None where there is no regular file.
    """

    def command(self, path: str) -> str:
        quoted = shlex.quote(path)
        return f"if [ -f {quoted} ]; then stat -L -c '%a %U:%G' {quoted}; sha256sum < {quoted}; fi"

    def process(self, output: list[str]) -> dict[str, str]:
        mode, owner = output[0].split()
        return {"mode": mode, "owner": owner, "digest": output[1].split()[0]}


@operation()
def rendered(
    *,
    dest: str,
    templates: Path,
    values: dict[str, object],
    mode: str = "644",
    owner: str = "root:root",
    check: str | None = None,
    units: Sequence[str] = (),
    reload: bool = False,
) -> Iterator[Any]:
    """Make `dest` hold its rendered template.

    + dest: path on the host; its template has the same path below `templates`
    + check: command that must accept the new file before it replaces the old one; `{}` is its path
    + units: systemd units that must be restarted (by `unit.running`) when the file changes
    + reload: they take it by a reload
    """
    yield from _write(
        text=render(templates=templates, dest=dest, values=values),
        dest=dest,
        mode=mode,
        owner=owner,
        check=check,
        units=units,
        reload=reload,
    )


@operation()
def written(
    *,
    dest: str,
    text: str,
    mode: str = "600",
    owner: str = "root:root",
    check: str | None = None,
    units: Sequence[str] = (),
    reload: bool = False,
) -> Iterator[Any]:
    """Make `dest` hold `text`: for contents that are no template, such as a secret. Parameters as of `rendered`."""
    yield from _write(text=text, dest=dest, mode=mode, owner=owner, check=check, units=units, reload=reload)


def _write(
    *, text: str, dest: str, mode: str, owner: str, check: str | None, units: Sequence[str], reload: bool
) -> Iterator[Any]:
    found = host.get_fact(FileState, path=dest)
    wanted = {"mode": mode, "owner": owner, "digest": hashlib.sha256(text.encode()).hexdigest()}
    if found == wanted:
        host.noop(f"{dest} is as it shall be")
        return
    # The new file is nobody else's to read until its mode is set, and the old one stands until the new one is whole,
    # accepted by `check`, and every unit that reads it is marked: a deploy that is killed here is mended by the next.
    staged, old = shlex.quote(f"{dest}.samdrift-new"), shlex.quote(dest)
    folder = shlex.quote(str(Path(dest).parent))
    yield StringCommand(f"mkdir -p {folder} && rm -f {staged} && (umask 077; : > {staged})")
    yield FileUploadCommand(StringIO(text), f"{dest}.samdrift-new")
    steps = [f"chown {owner} {staged}", f"chmod {mode} {staged}"]
    if check:
        steps.append(check.replace("{}", staged))
    steps += [mark(unit, reload=reload) for unit in units]
    steps.append(f"mv -f {staged} {old}")
    yield StringCommand(" && ".join(steps))


@operation()
def absent(*, path: str, units: Sequence[str] = ()) -> Iterator[Any]:
    """Make sure that no file stands at `path`."""
    if host.get_fact(FileState, path=path) is None:
        host.noop(f"{path} does not exist")
        return
    yield StringCommand(" && ".join([*(mark(unit) for unit in units), f"rm -f {shlex.quote(path)}"]))
