"""Citizens have a directory of their own: they sign in there, and nobody of inside does."""

import shlex
from collections.abc import Callable, Iterator

import pytest

from tests.molecule.accounts.hand import PEOPLE, secret, to

On = Callable[..., str]
BASE = "o=citizens"
CITIZEN = f"uid=nonce,ou=people,{BASE}"
URL = "ldaps://cdir.osterlen.example"


@pytest.fixture
def citizen(on: On, password: str) -> Iterator[str]:
    """A citizen, whose password is somebody's inside too."""
    entry = (
        f"dn: {CITIZEN}\nobjectClass: inetOrgPerson\nuid: nonce\ncn: Nonce\nsn: Probe\nmail: nonce@internet.example\n"
        f"userPassword: {password}\n"
    )
    done = to("cdir", "ldapadd -Q -Y EXTERNAL -H ldapi:///", entry)
    assert done.returncode == 0, done.stderr
    yield CITIZEN
    on("cdir", f"ldapdelete -Q -Y EXTERNAL -H ldapi:/// {CITIZEN}")


def bound(name: str, password: str, url: str = URL) -> bool:
    """Whether a name signs in, asked from another host of the hall with the federation's certificates."""
    ask = (
        f"LDAPTLS_CACERT=/etc/ssl/certs/ca-certificates.crt ldapwhoami -x -H {url} -D {shlex.quote(name)} -y /dev/stdin"
    )
    return to("cdir", ask, password).returncode == 0


def test_citizens_sign_in_there_and_only_there(on: On, citizen: str, password: str) -> None:
    assert bound(citizen, password)
    assert not bound(citizen, "another password")
    assert not bound("nonce@ad.osterlen.example", password, "ldaps://dc1.ad.osterlen.example")
    assert bound("ystad.s1@ad.osterlen.example", password, "ldaps://dc1.ad.osterlen.example")
    assert not bound(f"CN=ystad.s1,OU=Staff,OU=ystad,{PEOPLE}", password)
    on("ystad-adm", "getent passwd nonce", ok=False)


def test_a_citizen_reads_itself_and_services_read_all(citizen: str, password: str) -> None:
    reader = f"cn=reader,ou=services,{BASE}"
    for name, word, base in ((citizen, password, citizen), (reader, secret("citizens-reader"), f"ou=people,{BASE}")):
        ask = f"ldapsearch -LLL -x -H {URL} -D {name} -y /dev/stdin -b {base} uid userPassword"
        told = to("cdir", ask, word).stdout
        assert "uid: nonce" in told
        assert "userPassword" not in told
    change = f"ldapmodify -x -H {URL} -D {reader} -y /etc/samdrift/citizens/reader"
    done = to("cdir", change, f"dn: {citizen}\nchangetype: modify\nreplace: sn\nsn: Other\n")
    assert "Insufficient access" in done.stderr


def test_nothing_of_the_citizens_directory_is_in_the_clear(on: On, citizen: str) -> None:
    listening = on("cdir", "ss -Hltn | awk '{print $4}'")
    assert ":636" in listening
    assert not any(line.endswith(":389") for line in listening.split())
    kept = on("cdir", "slapcat -n 1 -a '(uid=nonce)' -o ldif-wrap=no | sed -n 's/^userPassword:: //p' | base64 -d")
    assert kept.startswith("{ARGON2}$argon2id$")
    anonymous = to("cdir", f"ldapsearch -LLL -x -H {URL} -b {BASE}")
    assert "nonce" not in anonymous.stdout


def test_guesses_have_a_bound(on: On, citizen: str, password: str) -> None:
    for _ in range(10):
        assert not bound(citizen, "a guess of many")
    assert not bound(citizen, password), "locked for a while"


@pytest.mark.parametrize("name", ["citizens-keeper", "citizens-reader"])
def test_no_secret_lies_open(on: On, name: str) -> None:
    places = f"grep -rlsF -- '{secret(name)}' /etc /run /var/log /root /tmp"
    found = on("cdir", f"{places} | xargs -r stat -c '%a %U'").split("\n")
    assert set(found) - {""} == {"600 root"}
