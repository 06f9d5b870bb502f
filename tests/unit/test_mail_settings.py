"""Settings and files of `mail`."""

import re
from typing import Any

import pytest

from roles.mail.deploy import HALL, TEMPLATES
from roles.mail.settings import Settings
from roles.operations.setting import SettingError
from roles.operations.template import render

YSTAD = {"key": "ystad", "name": "Ystad", "domain": "ystad.example"}
TOMELILLA = {"key": "tomelilla", "name": "Tomelilla", "domain": "tomelilla.example"}
FACTS: dict[str, Any] = {
    "fqdn": "mail.osterlen.example",
    "addresses": ["10.0.0.15", "fd5a:6d64:0:10::15"],
    "domain": "osterlen.example",
    "gateway": {"name": "mx1.osterlen.example", "addresses": ["10.0.1.10", "fd5a:6d64:0:11::10"]},
    "authorities": ["-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n"],
    "directory": {"domain": "ad.osterlen.example", "hosts": ["dc1.ad.osterlen.example", "dc2.ad.osterlen.example"]},
    "directory_password": "Directory-1-secret",
    "database": {"host": "db.osterlen.example", "name": "webmail"},
    "database_password": "Database-2-secret",
    "certificate": {"names": ["mail.osterlen.example"], "directory": "https://pki.osterlen.example/acme"},
    "portal": {"issuer": "https://sso.osterlen.example", "client": "webmail", "scope": "mail"},
    "portal_secret": "Portal-3-secret",
    "opens_to": ["service-mail", "agreement-2026-1"],
    "privileged": "privileged",
    "readers": [
        {"kind": "staff", "unit": "Staff", "books": {"Staff": "Anställda", "Pupils": "Elever"}},
        {"kind": "pupils", "unit": "Pupils", "books": {"Staff": "Anställda"}},
    ],
    "members": [YSTAD, TOMELILLA],
}

KINDS = [reader["kind"] for reader in FACTS["readers"]]
BOOK = re.compile(r'baseDN = "OU=(\w+),OU=ystad,')


def text(dest: str, **changes: Any) -> str:
    values: dict[str, object] = {
        "settings": Settings(**{**FACTS, **changes}),
        "chain": "/chain.pem",
        "key": "/key.pem",
        "authority": "/authority.pem",
        "hall": HALL,
    }
    return render(templates=TEMPLATES, dest=dest, values=values)


def parameters(**changes: Any) -> dict[str, str]:
    lines = [line for line in text("/etc/postfix/main.cf", **changes).splitlines() if " = " in line and line[0] != "#"]
    return {name: value for name, _, value in (line.partition(" = ") for line in lines)}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"gateway": {"name": "mail.osterlen.example", "addresses": ["10.0.1.10"]}}, "another host"),
        ({"gateway": {"name": "mx1.osterlen.example", "addresses": []}}, "at least one"),
        ({"authorities": []}, "certificates in PEM"),
        ({"directory": {"domain": "ad.osterlen.example", "hosts": []}}, "at least one directory host"),
        ({"database_password": 'with"quote'}, "without quotes"),
        ({"members": [YSTAD, YSTAD]}, "each stands once"),
        ({"members": [{**YSTAD, "domain": "osterlen.example"}]}, "not a member's domain"),
        ({"systems": {"desk@ystad.example": "desk.osterlen.example"}}, "an address in osterlen.example"),
        ({"quota_mib": 0}, "more than 0"),
        ({"readers": []}, "at least one kind"),
        ({"readers": [{"kind": "Pupils'", "unit": "Pupils", "books": {}}]}, "a lower-case name"),
        ({"portal": {"issuer": "http://sso.example", "client": "a", "scope": "b"}}, "an https:// URL"),
        ({"portal_secret": "with/slash"}, "without quotes"),
        ({"opens_to": []}, "at least one group"),
        ({"privileged": "x)(cn=*"}, "a lower-case name"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        Settings(**{**FACTS, **changes})


def test_no_password_is_shown() -> None:
    with pytest.raises(SettingError) as refused:
        Settings(**{**FACTS, "directory_password": "hunter2 "})
    assert "hunter2" not in str(refused.value)
    assert "secret" not in repr(Settings(**FACTS))


def test_only_the_gateway_hands_mail_in_and_takes_it() -> None:
    found = parameters()
    clients = found["smtpd_client_restrictions"]
    assert clients.endswith("reject")
    assert "{10.0.1.10 from_gateway}, {fd5a:6d64:0:11::10 from_gateway}" in clients
    assert found["from_gateway"] == "permit_tls_all_clientcerts, reject"
    assert found["relayhost"] == "$gateway"
    assert found["mynetworks"] == "127.0.0.0/8 [::1]/128"


def test_people_are_looked_up_in_the_directory_under_tls_by_the_domains_of_members_only() -> None:
    for name in ("mailbox", "sender"):
        found = text(f"/etc/postfix/directory/{name}.cf")
        assert "server_host = ldaps://dc1.ad.osterlen.example ldaps://dc2.ad.osterlen.example" in found
        assert "tls_require_cert = yes" in found
        assert "domain = ystad.example, tomelilla.example" in found
    dovecot = text("/etc/dovecot/dovecot.conf")
    assert "(|(mail=*@ystad.example)(mail=*@tomelilla.example))" in dovecot
    assert "ssl_client_require_valid_cert = yes" in dovecot
    assert FACTS["directory_password"] not in dovecot


def test_what_is_a_systems_is_handed_on_and_everything_else_stays() -> None:
    systems = {"servicedesk": "desk.osterlen.example", "servicedesk-intern@osterlen.example": "desk.osterlen.example"}
    found = parameters(systems=systems)
    for address in ("servicedesk@ystad.example", "servicedesk@osterlen.example", "servicedesk-intern@osterlen.example"):
        assert f"{{{address} = relay:[desk.osterlen.example]:25}}" in found["transport_maps"]
        assert f"{{{address} = system}}" in found["virtual_mailbox_maps"]
    assert "servicedesk-intern@ystad.example" not in found["transport_maps"]
    assert found["smtp_tls_policy_maps"].count("secure match=desk.osterlen.example") == 1
    assert "transport_maps" not in parameters()


def test_each_member_has_a_folder_and_an_address_book_of_its_own() -> None:
    folders = text("/etc/tmpfiles.d/samdrift-mail.conf")
    webmail = text("/etc/sogo/sogo.conf")
    for member in (YSTAD, TOMELILLA):
        assert f"d /var/mail/{member['key']} 0700 vmail vmail" in folders
        assert f'baseDN = "OU=Staff,OU={member["key"]},OU=Members,DC=ad,DC=osterlen,DC=example"' in webmail
    assert "SOGoLanguage = Swedish" in webmail


def test_each_kind_finds_in_the_webmail_whom_it_may_see() -> None:
    """With whom a folder may be shared SOGo looks for where people sign in: among the kind's own, and the protected."""
    domains = text("/etc/sogo/sogo.conf").split("SOGoMailDomain = ")[1:]
    staff, pupils = (domain.split("type = ldap;")[1:] for domain in domains[:2])
    for own, protected, *books in (staff, pupils):
        assert all("isAddressBook = NO" in one for one in (own, protected))
        assert all("canAuthenticate = NO" in one and "SearchFieldNames" not in one for one in books)
        assert BOOK.findall(protected) == ["Other"]
        assert "SearchFieldNames = (pager);" in protected
    assert BOOK.findall("".join(staff[2:])) == ["Staff", "Pupils"]
    assert BOOK.findall("".join(pupils[2:])) == ["Staff"]
    assert BOOK.findall(staff[0] + pupils[0]) == ["Staff", "Pupils"]
    assert "SearchFieldNames" not in staff[0]
    assert "SearchFieldNames = (pager);" in pupils[0]
    # Who is protected and of two kinds is of the heavier one, or SOGo would know one person twice.
    groups = {kind: f"CN=ystad-{kind},OU=Groups,OU=ystad,OU=Members,DC=ad,DC=osterlen,DC=example" for kind in KINDS}
    assert f"AND memberOf = '{groups['staff']}'\";" in staff[1]
    assert f"AND memberOf = '{groups['pupils']}' AND NOT (memberOf = '{groups['staff']}')\";" in pupils[1]


def test_every_way_in_asks_for_the_groups_and_none_goes_round_the_second_factor() -> None:
    """Whoever is shut out is so first, whatever the way; and a privileged person's password is nobody's there."""
    blocks = {block.split(" ")[0]: block for block in text("/etc/dovecot/dovecot.conf").split("\npassdb ")[1:]}
    assert next(iter(blocks)) == "shut"
    groups = [
        f"(memberOf:1.2.840.113556.1.4.1941:=CN={name},OU={unit},DC=ad,DC=osterlen,DC=example)"
        for name, unit in (("service-mail", "Groups"), ("agreement-2026-1", "Agreements"), ("privileged", "Groups"))
    ]
    assert "deny = yes" in blocks["shut"]
    assert all(group in blocks["shut"] for group in groups[:2])
    assert f"(!{groups[2]})" in blocks["ldap"]
    assert "username_filter = !*/*" in blocks["ldap"]
    assert "grant_url = https://sso.osterlen.example/mailcheck" in blocks["program"]


def test_the_webmail_looks_at_every_token_and_has_no_second_door() -> None:
    assert "SOGoOpenIdTokenCheckInterval =" not in text("/etc/sogo/sogo.conf")
    assert "^/SOGo/(dav|connect|Microsoft-Server-ActiveSync)(/|$)" in text("/etc/nginx/conf.d/samdrift-webmail.conf")
