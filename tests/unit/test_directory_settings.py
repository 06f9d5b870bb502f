"""Settings, sample people and files of `directory`."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from roles.directory.deploy import TEMPLATES, wanted
from roles.directory.people import people
from roles.directory.settings import Settings
from roles.directory.sysvol import private_key
from roles.operations.setting import SettingError
from roles.operations.template import render

YSTAD = {"key": "ystad", "name": "Ystad", "domain": "ystad.example", "people": {"staff": 3, "pupils": 5}}
FACTS: dict[str, Any] = {
    "realm": "AD.OSTERLEN.EXAMPLE",
    "domain": "OSTERLEN",
    "domain_dns": "ad.osterlen.example",
    "first": True,
    "address": "10.0.0.11",
    "peer": "dc2",
    "peer_address": "10.0.0.12",
    "forwarder": "10.0.0.1",
    "certificate": {"names": ["dc1.ad.osterlen.example"], "directory": "https://pki.osterlen.example/acme/x"},
    "admin_password": "Administrator-1-secret",
    "join_password": "Join-2-secret-too",
    "members": [YSTAD],
}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"realm": "OSTERLEN.EXAMPLE"}, "AD.OSTERLEN.EXAMPLE"),
        ({"domain": "YSTAD-OSTERLEN-FEDERATION"}, "at most 15"),
        ({"peer_address": "10.0.0.11"}, "another host"),
        ({"admin_password": "short"}, "12 characters"),
        ({"members": [YSTAD, YSTAD]}, "each member stands once"),
        ({"members": [{**YSTAD, "people": {"teachers": 1}}]}, "staff and pupils"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        Settings(**{**FACTS, **changes})


def test_a_refused_password_is_not_shown() -> None:
    with pytest.raises(SettingError) as refused:
        Settings(**{**FACTS, "admin_password": "hunter2"})
    assert "hunter2" not in str(refused.value)
    assert "secret" not in repr(Settings(**FACTS))


def test_people_are_the_same_every_time_and_grow_at_the_end() -> None:
    """A larger sample keeps everybody of the smaller one: nobody loses an account because a number was raised."""
    few, more = people(YSTAD, {"staff": 3, "pupils": 5}), people(YSTAD, {"staff": 4, "pupils": 9})
    assert len(few) == 8
    assert [person for person in more if person in few] == few


def test_people_are_unique_in_the_whole_federation() -> None:
    members = [{"key": key, "name": key, "domain": f"{key}.example"} for key in ("ystad", "tomelilla", "simrishamn")]
    everybody = [one for member in members for one in people(member, {"staff": 200, "pupils": 2000})]
    for field in ("account", "mail"):
        assert len({person[field] for person in everybody}) == len(everybody) == 6600
    assert all(len(person["account"]) <= 20 and person["mail"].isascii() for person in everybody)


def test_only_the_first_host_holds_the_contents_and_the_secrets() -> None:
    first = wanted(Settings(**FACTS), "dc1")
    other = json.dumps(wanted(Settings(**{**FACTS, "first": False}), "dc2"))
    assert len(first["people"]) == 8  # type: ignore[arg-type]
    assert FACTS["admin_password"] not in other
    assert FACTS["join_password"] not in other


def test_systems_that_look_people_up_have_accounts_beside_the_join_account() -> None:
    looker = {"name": "svc-mail", "title": "Looks up mailboxes", "password": "Mail-3-secret-too"}
    services = wanted(Settings(**FACTS, services=[looker]), "dc1")["services"]
    assert [one["name"] for one in services] == ["join", "svc-mail"]  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"directory\.services.*each account stands once"):
        Settings(**FACTS, services=[{**looker, "name": "join"}])
    with pytest.raises(ValueError, match=r"directory\.services\.svc-mail\.password.*12 characters"):
        Settings(**FACTS, services=[{**looker, "password": "short"}])


def test_the_account_that_notes_agreements_is_one_of_the_services() -> None:
    with pytest.raises(SettingError, match=r"directory\.agreement_user.*one of \['join'\]"):
        Settings(**FACTS, agreement="2026-1", agreement_user="svc-agreement")
    with pytest.raises(SettingError, match=r"directory\.groups.*lower-case name"):
        Settings(**FACTS, groups={"privileged": ["Domain Admins"]})


def test_both_hosts_derive_the_same_key_and_openssh_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(private_key("one secret"))
    file.chmod(0o600)
    shown = subprocess.run(
        ["openssl", "pkey", "-in", file, "-noout", "-text"], capture_output=True, text=True, check=True
    )
    assert "ED25519" in shown.stdout
    assert private_key("one secret") == file.read_text() != private_key("another")


def test_samba_forwards_and_keeps_passwords_under_tls() -> None:
    values = {"settings": Settings(**FACTS), "name": "dc1"}
    conf = render(templates=TEMPLATES, dest="/etc/samba/smb.conf", values=values)
    assert "netbios name = DC1" in conf
    assert "dns forwarder = 10.0.0.1" in conf
    assert "ldap server require strong auth = yes" in conf


def test_sysvol_is_fetched_from_the_owner_never_pushed() -> None:
    values = {"settings": Settings(**FACTS), "name": "dc1"}
    script = render(templates=TEMPLATES, dest="/usr/local/sbin/samdrift-sysvol", values=values)
    assert "dc1) exit 0 ;;" in script
    assert "root@10.0.0.12:/ $samba/sysvol/" in script
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)
