"""People of the scenario with a password that the tests know."""

import secrets

import pytest

from tests.molecule.accounts.hand import to


@pytest.fixture(scope="session")
def password() -> str:
    """One for all of them."""
    return f"Nonce-{secrets.token_urlsafe(9)}-1"


@pytest.fixture(scope="session", autouse=True)
def people_with_a_password(password: str) -> None:
    """What the help desk does for everybody."""
    for person in ("ystad.s1", "ystad.s12", "ystad.p1", "ystad.e1", "tomelilla.s1"):
        done = to("dc1", f"samba-tool user setpassword {person}", f"{password}\n{password}\n")
        assert done.returncode == 0, done.stderr
