"""A secret that is not the right one: told by name, and nothing is changed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from samdrift.state import state_home
from tests.acceptance.conftest import Platform

pytestmark = pytest.mark.lab


def wrong_token(state: Path) -> str:
    """The lab's token with another value; return what has to be named."""
    lab = json.loads((state / "lab.json").read_text())
    name, _, _ = Path(lab["token_file"]).read_text().partition("=")
    file = state / "token"
    file.write_text(f"{name}=00000000-0000-4000-8000-000000000000\n")
    (state / "lab.json").write_text(json.dumps({**lab, "token_file": str(file)}))
    return f"refuses the token {name} of PROXMOX_VE_API_TOKEN"


def wrong_passphrase(state: Path) -> str:
    """Another passphrase in the installation's file."""
    file = state / "pulumi" / "passphrase"
    file.write_text("not-the-one-of-this-installation")
    return f"another passphrase than {file} holds"


@pytest.mark.parametrize("spoil", [wrong_token, wrong_passphrase])
def test_a_wrong_secret_is_named_and_changes_nothing(
    platform: Platform, tmp_path: Path, spoil: Callable[[Path], str]
) -> None:
    """In a copy of the installation's folder: the engine meets the same hypervisor and the same stacks."""
    state = tmp_path / "state"
    shutil.copytree(state_home() / platform.lab, state, ignore=shutil.ignore_patterns("c-*"))  # sockets of ssh
    wanted = spoil(state)
    before = platform.guests()
    other = Platform({**platform.environment, "SAMDRIFT_STATE": str(state)})
    done = other.run("up", "--no-deploy", ok=False)
    assert done.returncode != 0
    assert wanted in " ".join(done.stderr.split()), done.stderr
    assert {one["name"] for one in platform.guests()} == {one["name"] for one in before}
