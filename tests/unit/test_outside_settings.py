"""Settings and files of `outside`."""

from typing import Any

import pytest

from roles.operations.setting import SettingError
from roles.operations.template import render
from roles.outside.deploy import TEMPLATES
from roles.outside.settings import Settings

FACTS: dict[str, Any] = {
    "domain": "osterlen.example",
    "addresses": {"ipv4": "198.51.100.9", "ipv6": "2001:db8:0:ffff::9"},
    "hall": {"ipv4": "198.51.100.1", "ipv6": "2001:db8:0:ffff::1"},
    "members": [{"domain": "ystad.example"}],
    "dkim": {"private": "-----BEGIN PRIVATE KEY-----", "public": "MIIB" * 98},
    "gateway4": "198.51.100.1",
    "gateway6": "2001:db8:0:ffff::1",
}


def test_the_world_knows_its_own_names_and_asks_nobody() -> None:
    values: dict[str, object] = {"settings": Settings(**FACTS)}
    conf = render(templates=TEMPLATES, dest="/etc/unbound/unbound.conf.d/samdrift.conf", values=values)
    assert 'local-zone: "." static' in conf
    for domain in ("osterlen.example", "ystad.example"):
        assert f'local-zone: "{domain}." transparent' in conf
        assert f'stub-zone:\n    name: "{domain}"\n    stub-addr: 198.51.100.1\n' in conf
    assert 'local-data: "internet.example. 60 IN AAAA 2001:db8:0:ffff::9"' in conf
    assert "forward-addr" not in conf


def test_a_long_key_is_published_in_strings_that_fit() -> None:
    values: dict[str, object] = {"settings": Settings(**FACTS)}
    conf = render(templates=TEMPLATES, dest="/etc/unbound/unbound.conf.d/samdrift.conf", values=values)
    record = next(line for line in conf.splitlines() if "s1._domainkey.internet.example. 60" in line)
    strings = record.split("TXT ")[1].strip("'").strip('"').split('" "')
    assert max(map(len, strings)) <= 255
    assert "".join(strings) == f"v=DKIM1; k=rsa; p={FACTS['dkim']['public']}"


def test_only_this_host_may_send_to_strangers_through_it() -> None:
    conf = render(templates=TEMPLATES, dest="/etc/postfix/main.cf", values={"settings": Settings(**FACTS)})
    assert "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n" in conf
    assert "virtual_mailbox_domains = internet.example, bank.example\n" in conf


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"addresses": {"ipv4": "198.51.100.9"}}, "both families"),
        ({"addresses": {"ipv4": "2001:db8::9", "ipv6": "2001:db8::9"}}, "IPv4"),
        ({"dkim": {"private": "", "public": "MIIB"}}, "PEM"),
        ({"echo_port": 0}, "1 to 65535"),
        ({"domain": "osterlen"}, "domain name"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        Settings(**{**FACTS, **changes})
