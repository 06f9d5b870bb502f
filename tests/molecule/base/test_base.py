"""A host with no role but `base`, seen from the desk and from inside."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

CONFIG = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", "")) / "ssh" / "config"


def ssh(*options: str) -> subprocess.CompletedProcess[str]:
    command = ["ssh", "-F", str(CONFIG), "-o", "BatchMode=yes", *options, "true"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_keys_and_nothing_else_open_the_door() -> None:
    """Passwords are not even asked for; with the key the same door opens."""
    refused = ssh("-o", "PubkeyAuthentication=no", "-o", "PreferredAuthentications=none", "-l", "root", "vault")
    assert refused.returncode == 255
    assert "Permission denied (publickey)" in refused.stderr
    assert ssh("-l", "root", "vault").returncode == 0


def test_administrator_becomes_root_by_key_and_sudo() -> None:
    command = ["ssh", "-F", str(CONFIG), "-l", "drift", "vault", "sudo -n id -u"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "0"


def test_no_account_has_a_password(on: Callable[..., str]) -> None:
    assert on("vault", "getent shadow | awk -F: '$2 ~ /^[$]/ {print $1}'") == ""


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("date +%Z", ("CET", "CEST")),
        ("date +%B -d 2026-01-15", ("januari",)),
        ("hostname -f", ("vault.osterlen.example",)),
        ("systemctl is-active chrony ssh apt-daily-upgrade.timer | sort -u", ("active",)),
        ("journalctl --header | grep -c /var/log/journal", None),
        ("systemctl --failed --no-legend", ("",)),
    ],
)
def test_the_host_is_as_agreed(on: Callable[..., str], command: str, expected: tuple[str, ...] | None) -> None:
    found = on("vault", command).strip()
    assert found in expected if expected is not None else int(found) > 0


def test_only_security_updates_install_themselves(on: Callable[..., str]) -> None:
    """What the tool itself says it would take, not what a file says."""
    said = on("vault", "unattended-upgrade --dry-run --verbose 2>&1 | grep 'Allowed origins'")
    assert "Debian-Security" in said
    assert "trixie-updates" not in said
