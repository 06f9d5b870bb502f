"""Workplaces of both kinds: people of the directory sign in with their password, as they would sitting there."""

import os
import secrets
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

STAFF, PUPIL = "ystad.s1", "ystad.p1"


@pytest.fixture(scope="module")
def password() -> str:
    return f"Nonce-{secrets.token_urlsafe(9)}-1"


@pytest.fixture(scope="module", autouse=True)
def people_with_a_password(password: str) -> None:
    config = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "ssh" / "config"
    for person in (STAFF, PUPIL):
        command = ["ssh", "-F", str(config), "dc1", f"samba-tool user setpassword {person}"]
        subprocess.run(command, input=f"{password}\n{password}\n", text=True, check=True, capture_output=True)


@pytest.fixture
def sign_in(password: str) -> Iterator[Callable[..., str | None]]:
    """`sign_in(host, person)`: who one is after signing in on the host itself, None when refused."""
    config = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "ssh" / "config"
    started: list[subprocess.Popen[bytes]] = []

    def run(host: str, person: str, word: str = password) -> str | None:
        near, far = socket.socketpair()
        with far:
            carry = ["ssh", "-F", str(config), "-W", "127.0.0.1:22", host]
            started.append(subprocess.Popen(carry, stdin=far.fileno(), stdout=far.fileno()))
        with paramiko.SSHClient() as client:
            client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
            try:
                client.connect(
                    "127.0.0.1", username=person, password=word, sock=near, allow_agent=False, look_for_keys=False
                )
            except (paramiko.AuthenticationException, paramiko.SSHException):
                return None
            _, output, _ = client.exec_command("id -un; pwd; date +%B -d 2026-01-15; klist -s && echo ticket")
            return output.read().decode()

    yield run
    for process in started:
        process.terminate()
        process.wait()


@pytest.mark.parametrize("host", ["ystad-adm", "ystad-ped"])
def test_staff_sign_in_everywhere(sign_in: Callable[..., str | None], host: str) -> None:
    """With a home made for them, in Swedish, and a Kerberos ticket for everything else."""
    assert sign_in(host, STAFF) == f"{STAFF}\n/home/{STAFF}\njanuari\nticket\n"


def test_pupils_sign_in_at_pedagogical_workplaces_only(sign_in: Callable[..., str | None]) -> None:
    assert sign_in("ystad-ped", PUPIL) is not None
    assert sign_in("ystad-adm", PUPIL) is None


def test_a_wrong_password_is_refused(sign_in: Callable[..., str | None]) -> None:
    assert sign_in("ystad-ped", STAFF, word="not-the-password") is None


def test_homes_are_their_owners_only(on: Callable[..., str], sign_in: Callable[..., str | None]) -> None:
    assert sign_in("ystad-ped", STAFF) is not None
    assert on("ystad-ped", f"stat -c %a /home/{STAFF}").strip() == "700"


def test_a_person_has_the_same_number_at_every_seat(on: Callable[..., str]) -> None:
    numbers = {on(host, f"id -u {STAFF}").strip() for host in ("ystad-adm", "ystad-ped")}
    assert len(numbers) == 1
    assert 10_000 <= int(numbers.pop()) < 60_000


def test_the_computer_account_is_in_the_members_unit(on: Callable[..., str]) -> None:
    units = on("dc1", "samba-tool computer list --full-dn")
    assert "CN=YSTAD-ADM,OU=Workplaces,OU=ystad,OU=Members" in units


def test_nothing_failed_and_the_password_for_joining_is_gone(on: Callable[..., str]) -> None:
    secret = (Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "secrets" / "directory-join").read_text()
    for host in ("ystad-adm", "ystad-ped"):
        assert on(host, "systemctl --failed --no-legend").strip() == ""
        assert on(host, f"grep -rlsF -- '{secret}' /etc /run /var/log /root /tmp || true") == ""
