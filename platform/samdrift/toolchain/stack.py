"""Stacks in the backend: made with a key of their own, and freed after a broken run."""

import fcntl
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from samdrift.toolchain import stackfile
from samdrift.toolchain.error import ToolchainError

PROJECT = "name: samdrift\nruntime: python\n"


def init_stack(stack: str, variables: Mapping[str, str]) -> bool:
    """Make the stack and its key unless both exist; return whether anything was made.

    `variables` come from `environment`. The key comes from the installation's passphrase and a random salt of this
    stack, which is written into the state, never into the repository. Raises ToolchainError with the engine's words.
    """
    keys = keys_of(variables)
    with (keys / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        exists = stack in names(variables)
        if not exists:
            run(["stack", "init", stack, "--secrets-provider", "passphrase", "--no-select"], variables)
        has_salt = stackfile.salt(keys, stack) is not None
        if not has_salt:
            # The stack is there and its salt is not: with any secret, Pulumi writes it down again, from the state.
            run(["config", "set", "--stack", stack, "--secret", "samdrift:salt", "restored"], variables)
        return not (exists and has_salt)


def names(variables: Mapping[str, str]) -> set[str]:
    """Return the names of the project's stacks in the backend."""
    return {entry["name"].rpartition("/")[2] for entry in json.loads(run(["stack", "ls", "--json"], variables))}


def break_lock(stack: str, variables: Mapping[str, str]) -> None:
    """Remove the lock that a killed `pulumi` left; the caller knows that no other one runs on this stack."""
    run(["cancel", "--yes", "--stack", stack], variables)


def keys_of(variables: Mapping[str, str]) -> Path:
    """Return the folder with the project that has stacks and no program."""
    keys = Path(variables["SAMDRIFT_STATE"]) / "pulumi" / "keys"
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    (keys / "Pulumi.yaml").write_text(PROJECT)
    return keys


def run(arguments: list[str], variables: Mapping[str, str]) -> str:
    """Run the engine on the project without program; return what it printed."""
    answer = subprocess.run(
        [variables["SAMDRIFT_PULUMI"], *arguments, "--non-interactive"],
        cwd=keys_of(variables),
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        raise ToolchainError(f"pulumi {' '.join(arguments[:2])} failed: {answer.stderr.strip()}")
    return answer.stdout
