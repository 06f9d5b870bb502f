"""Settings and files of `relay`."""

import configparser
import json
import re
from typing import Any

import pytest

from roles.operations.setting import SettingError
from roles.operations.template import render
from roles.relay.deploy import AUTHORITY, FILTER_FILES, TEMPLATES
from roles.relay.settings import Settings

KEY = "-----BEGIN PRIVATE KEY-----\nnot shown\n-----END PRIVATE KEY-----"
YSTAD = {"domain": "ystad.example", "dkim": KEY}
FACTS: dict[str, Any] = {
    "fqdn": "mx1.osterlen.example",
    "domain": "osterlen.example",
    "store": "mail.osterlen.example",
    "store_addresses": ["10.0.0.15", "fd5a:6d64:0:10::15"],
    "dkim": KEY,
    "certificate": {"names": ["mx1.osterlen.example"], "directory": "https://pki.osterlen.example/acme"},
    "authorities": ["-----BEGIN CERTIFICATE-----"],
    "members": [YSTAD],
}


def text(dest: str, **changes: Any) -> str:
    values: dict[str, object] = {"settings": Settings(**{**FACTS, **changes}), "authority": AUTHORITY}
    return render(templates=TEMPLATES, dest=dest, values={**values, "chain": "/chain.pem", "key": "/key.pem"})


def postfix(**changes: Any) -> dict[str, str]:
    """`main.cf` by parameter; a line that begins with white space goes on with the one before."""
    reader = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=("#",), strict=True)
    reader.read_string("[main]\n" + text("/etc/postfix/main.cf", **changes))
    return dict(reader["main"])


def test_mail_of_members_and_of_the_hall_is_taken_and_nobody_elses() -> None:
    found = postfix()
    assert found["relay_domains"] == "osterlen.example, ystad.example"
    assert found["relay_transport"] == "relay:[mail.osterlen.example]:25"
    assert found["smtpd_relay_restrictions"] == "check_client_access $store, reject_unauth_destination"
    assert postfix(members=[])["relay_domains"] == "osterlen.example"


def test_the_store_is_known_by_address_and_certificate_and_no_network_is_trusted() -> None:
    found = postfix()
    assert found["store"] == "cidr:{ {10.0.0.15 from_store}, {fd5a:6d64:0:10::15 from_store} }"
    assert found["from_store"] == "permit_tls_all_clientcerts, reject"
    assert found["smtpd_tls_cafile"] == AUTHORITY
    assert "10." not in found["mynetworks"]


def test_a_dead_filter_and_a_dead_scanner_delay_mail() -> None:
    assert postfix()["milter_default_action"] == "tempfail"
    assert "soft_reject_on_timeout = true" in text("/etc/rspamd/local.d/options.inc")
    rules = text("/etc/rspamd/local.d/force_actions.conf")
    assert 'expression = "!SCANNED & !MALWARE";\n    action = "soft reject";' in rules


def test_nothing_that_may_be_sent_is_too_large_to_be_scanned() -> None:
    limit = int(postfix()["message_size_limit"])
    read = int(text("/etc/rspamd/local.d/options.inc").split("max_message = ")[1].split(";")[0])
    stream = int(text("/etc/clamav/clamd.conf").split("StreamMaxLength ")[1].split("M")[0]) << 20
    assert limit < read
    assert limit < stream


def test_each_domain_is_signed_with_its_own_key_for_the_store_only() -> None:
    signing = text("/etc/rspamd/local.d/dkim_signing.conf")
    for domain in ("osterlen.example", "ystad.example"):
        assert f'"{domain}" {{\n    selector = "s1";\n    path = "/etc/rspamd/dkim/{domain}.key";' in signing
    assert "sign_local = false;\nsign_inbound = false;" in signing
    assert text("/etc/rspamd/local.d/own_hosts.map").split()[-2:] == FACTS["store_addresses"]


def test_every_file_of_the_filter_is_written() -> None:
    assert "/etc/rspamd/local.d/antivirus.conf" in FILTER_FILES
    assert "/etc/rspamd/lua.local.d/malware.lua" in FILTER_FILES
    assert all(text(dest).lstrip("#- ").startswith("managed by roles/relay") for dest in FILTER_FILES)


@pytest.mark.parametrize(
    ("domain", "own"),
    [("ystad.example", True), ("hr.Ystad.example", True), ("notystad.example", False), ("ystadxexample", False)],
)
def test_a_domain_under_a_members_is_the_members(domain: str, own: bool) -> None:
    lines = text("/etc/rspamd/local.d/own_domains.map").splitlines()[1:]
    patterns = [line.removeprefix("/").removesuffix("/i") for line in lines]
    assert any(re.search(pattern, domain, re.IGNORECASE) for pattern in patterns) is own


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"store": "mx1.osterlen.example"}, "another host"),
        ({"store_addresses": []}, "at least one"),
        ({"store_addresses": ["10.0.0.0/8"]}, "an IP address"),
        ({"authorities": ["-----BEGIN CERTIFICATE-----", ""]}, "certificates in PEM"),
        ({"members": [YSTAD, YSTAD]}, "each domain stands once"),
        ({"members": [{"domain": "ystad.example", "dkim": "hunter2"}]}, "private key"),
        ({"message_mib": 0}, "1 to 100"),
        ({"queue_days": 0}, "1 to 30"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word) as refused:
        Settings(**{**FACTS, **changes})
    assert "hunter2" not in str(refused.value)


def test_no_key_is_shown() -> None:
    assert "not shown" not in repr(Settings(**FACTS))
    assert "not shown" not in json.dumps(Settings(**FACTS).domains)
