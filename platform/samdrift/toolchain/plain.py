"""Plain `pulumi`: hand the engine the composed stack file (see stackfile.py), and step aside.

Everything else, and every other project, reaches the engine untouched.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from samdrift.toolchain import stackfile

# The commands that read the stack file and have --config-file, with their other names.
READERS = {"up", "update", "preview", "pre", "refresh", "destroy", "down", "dn", "watch", "import"}
# Options before the command that take a value: their value is not the command.
WITH_VALUE = {"-C", "--cwd", "-v", "--verbose", "--color", "--profiling", "--tracing", "-s", "--stack"}


@dataclass(frozen=True)
class Call:
    """What matters here of a `pulumi` command line."""

    command: str
    stack: str
    folder: Path
    has_file: bool


def read(arguments: Sequence[str]) -> Call:
    """Read a command line: `up --stack=a.b -y` gives command `up`, stack `a.b`."""
    command, stack, folder = "", os.environ.get("PULUMI_STACK", ""), "."
    has_file = "PULUMI_OPTION_CONFIG_FILE" in os.environ
    rest = iter(arguments)
    for argument in rest:
        name, has_equals, value = argument.partition("=")
        if argument == "--":
            break
        if name in WITH_VALUE and not has_equals:
            value = next(rest, "")
        elif argument[:2] in ("-s", "-C") and len(argument) > 2:
            name, value = argument[:2], argument[2:].removeprefix("=")
        if name in ("-s", "--stack"):
            stack = value
        elif name in ("-C", "--cwd"):
            folder = value
        elif name == "--config-file":
            has_file = True
        elif not command and not name.startswith("-"):
            command = argument
    return Call(command, stack, Path(folder), has_file)


def is_ours(folder: Path, root: Path) -> bool:
    """Whether Pulumi, looking upwards from `folder`, finds the project of `root`."""
    start = folder.resolve()
    project = next((place for place in (start, *start.parents) if (place / "Pulumi.yaml").exists()), None)
    return project == root.resolve()


def selected(engine: str, folder: Path) -> str:
    """Return the stack that `pulumi stack select` chose, or nothing."""
    command = [engine, "stack", "--show-name", "--non-interactive"]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def main(arguments: Sequence[str]) -> NoReturn:
    """Become the engine, with the composed stack file where this command reads one."""
    engine = os.environ["SAMDRIFT_PULUMI"]
    root, state = Path(os.environ["SAMDRIFT_ROOT"]), Path(os.environ["SAMDRIFT_STATE"]) / "pulumi"
    call = read(arguments)
    variables = dict(os.environ)
    if call.command in READERS and not call.has_file and is_ours(call.folder, root):
        stacks = Path(os.environ.get("SAMDRIFT_STACKS") or root / "stacks")
        stack = call.stack or selected(engine, call.folder)
        composed = stackfile.compose(stack, stacks=stacks, keys=state / "keys", into=state / "stacks")
        if composed is not None:
            variables["PULUMI_OPTION_CONFIG_FILE"] = str(composed)
            # It would win over the file with this installation's passphrase.
            variables.pop("PULUMI_CONFIG_PASSPHRASE", None)
    os.execve(engine, ["pulumi", *arguments], variables)
