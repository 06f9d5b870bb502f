"""The stack file as the engine reads it: the repository's, and the salt of this installation's key.

Pulumi writes `encryptionsalt` into the stack file of every stack with a passphrase. Here stack files are tracked and
shared by many installations (a lab, another person's lab, the tests' own), each with its own passphrase, so a salt in
them would be wrong for all but one and a change in every clone. It is kept in the installation's state instead, and
the engine gets a composed file.
"""

import os
import re
from pathlib import Path

SALT = re.compile(r"^encryptionsalt:\s*(\S+)\s*$", re.MULTILINE)
OWN_KEY = re.compile(r"^(encryptionsalt|secretsprovider):", re.MULTILINE)


def file_name(stack: str) -> str:
    """Return `Pulumi.ystad-osterlen.hall.yaml`; a qualified `organization/project/name` counts by its name."""
    return f"Pulumi.{stack.rpartition('/')[2]}.yaml"


def salt(keys: Path, stack: str) -> str | None:
    """Return the salt of the stack's key in the folder `keys`, None where `init_stack` was not run yet."""
    path = keys / file_name(stack)
    found = SALT.search(path.read_text()) if path.exists() else None
    return found[1] if found else None


def compose(stack: str, *, stacks: Path, keys: Path, into: Path) -> Path | None:
    """Write the composed stack file into the folder `into` and return it.

    None where the repository's own is to be read: it names a key itself (an organisation may keep its salts or a key
    service in its stack files), or this installation has no key for the stack.
    """
    facts = stacks / file_name(stack)
    text = facts.read_text() if facts.exists() else ""
    own = salt(keys, stack)
    if own is None or OWN_KEY.search(text):
        return None
    composed = into / file_name(stack)
    part = into / f".{composed.name}.{os.getpid()}"
    part.write_text(f"{text.rstrip()}\nencryptionsalt: {own}\n".lstrip())
    part.replace(composed)
    return composed
