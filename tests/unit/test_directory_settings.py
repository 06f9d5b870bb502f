"""Settings, sample people and files of `directory`."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from roles.directory.deploy import TEMPLATES, wanted
from roles.directory.settings import Settings
from roles.directory.sysvol import private_key
from roles.operations.setting import SettingError
from roles.operations.template import render
from samdrift.federation import entitlement
from samdrift.identity.rule import parse

YSTAD = {"key": "ystad", "name": "Ystad", "domain": "ystad.example"}
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
        ({"sights": {"Staff": ["teachers"]}}, "teachers"),
        ({"entitlements": {"mail": ["teachers"]}}, "teachers"),
        ({"people": [{"kind": "teachers"}]}, "teachers"),
        ({"keeper": {"name": "join", "password": "Keeper-4-secret"}}, "each account stands once"),
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


def test_rules_and_the_roles_settings_name_the_same_kinds() -> None:
    """The tree that the directory makes is the one that accounts by rule are put into."""
    made = Settings(
        **FACTS, kinds=entitlement.kinds(), sights=entitlement.sights(), entitlements=entitlement.services()
    )
    assert set(made.kinds) == set(parse(entitlement.rules()).kinds)
    assert made.entitlements == {name: [*kinds] for name, kinds in parse(entitlement.rules()).services.items()}


def test_the_keeper_has_an_account_and_its_password_is_on_the_first_host_only() -> None:
    keeper = {"name": "svc-accounts", "password": "Keeper-4-secret"}
    facts = wanted(Settings(**FACTS, keeper=keeper), "dc1")
    assert facts["keeper"] == "svc-accounts"
    assert keeper["password"] in json.dumps(facts["services"])
    assert keeper["password"] not in json.dumps(wanted(Settings(**{**FACTS, "first": False}, keeper=keeper), "dc2"))


def test_only_the_first_host_holds_the_contents_and_the_secrets() -> None:
    first = wanted(Settings(**FACTS), "dc1")
    other = json.dumps(wanted(Settings(**{**FACTS, "first": False}), "dc2"))
    assert FACTS["admin_password"] in json.dumps(first)
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
