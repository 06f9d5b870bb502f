"""Settings and zones of `nameserver`: what the world is told of the hall and of each member."""

import re
from typing import Any

import pytest

from roles.nameserver.settings import Settings
from roles.nameserver.zone import hall_zone, member_zone, txt
from roles.operations.setting import SettingError

KEY = "MIIBIjANBgkq" + "A" * 380
YSTAD: dict[str, Any] = {
    "domain": "ystad.example",
    "dkim": KEY,
    "records": [
        {"name": "www", "type": "A", "value": "192.0.2.10"},
        {"name": "news", "type": "CNAME", "value": "pages.internet.example"},
        {"name": "@", "type": "TXT", "value": 'a "word"'},
    ],
}
TOMELILLA: dict[str, Any] = {
    "domain": "tomelilla.example",
    "dkim": None,
    "records": [{"name": "www", "type": "AAAA", "value": "2001:db8::10"}],
}
FACTS: dict[str, Any] = {
    "domain": "osterlen.example",
    "listen": {"ipv4": "10.0.1.11", "ipv6": "fd5a:6d64:0:11::11"},
    "published": {"ipv4": "198.51.100.1", "ipv6": "2001:db8:0:ffff::1"},
    "dkim": KEY,
    "members": [YSTAD, TOMELILLA],
}
SETTINGS = Settings(**FACTS)


def lines(text: str) -> list[str]:
    return text.splitlines()[4:]


def serial(text: str) -> int:
    found = re.search(r" SOA \S+ \S+ (\d+) ", text)
    assert found
    return int(found[1])


def test_hall_has_its_hosts_by_the_addresses_that_the_world_reaches() -> None:
    zone = lines(hall_zone(SETTINGS))
    for name in ("ns1", "mx1"):
        assert f"{name} IN A 198.51.100.1" in zone
        assert f"{name} IN AAAA 2001:db8:0:ffff::1" in zone
    assert 'ns1 IN TXT "v=spf1 -all"' in zone
    assert "@ IN MX 10 mx1.osterlen.example." in zone
    assert not [line for line in zone if "10.0.1.11" in line]


def test_hall_takes_reports_about_the_domains_whose_mail_it_has() -> None:
    zone = hall_zone(SETTINGS)
    assert 'ystad.example._report._dmarc IN TXT "v=DMARC1"' in zone
    assert "tomelilla.example._report" not in zone


def test_member_with_mail_says_where_it_goes_and_who_sends_it() -> None:
    zone = lines(member_zone(SETTINGS, YSTAD))
    assert "@ IN NS ns1.osterlen.example." in zone
    assert "@ IN MX 10 mx1.osterlen.example." in zone
    assert '@ IN TXT "v=spf1 ip4:198.51.100.1 ip6:2001:db8:0:ffff::1 -all"' in zone
    dmarc = next(line for line in zone if line.startswith("_dmarc "))
    assert "p=reject" in dmarc
    assert "rua=mailto:postmaster@osterlen.example" in dmarc


def test_a_key_is_strings_of_at_most_255_characters_that_read_as_one() -> None:
    line = next(line for line in lines(member_zone(SETTINGS, YSTAD)) if line.startswith("s1._domainkey "))
    strings = re.findall(r'"([^"]*)"', line)
    assert max(map(len, strings)) == 255
    assert "".join(strings) == f"v=DKIM1; k=rsa; p={KEY}"


def test_members_own_records_stand_beside_and_a_host_of_its_own_sends_no_mail() -> None:
    zone = lines(member_zone(SETTINGS, YSTAD))
    assert "www IN A 192.0.2.10" in zone
    assert 'www IN TXT "v=spf1 -all"' in zone
    assert "news IN CNAME pages.internet.example." in zone
    assert '@ IN TXT "a \\"word\\""' in zone
    assert not [line for line in zone if line.startswith("news IN TXT")]


def test_member_without_mail_sends_none_and_receives_none_here() -> None:
    zone = lines(member_zone(SETTINGS, TOMELILLA))
    assert '@ IN TXT "v=spf1 -all"' in zone
    assert '*._domainkey IN TXT "v=DKIM1; p="' in zone
    assert [line for line in zone if line.startswith("_dmarc ") and "p=reject" in line]
    assert not [line for line in zone if " MX " in line]


@pytest.mark.parametrize("own", [("MX", "10 mail.internet.example"), ("TXT", "v=spf1 mx -all")])
def test_of_mail_that_is_elsewhere_nothing_is_stated(own: tuple[str, str]) -> None:
    """Whatever we said would be wrong of it."""
    record = {"name": "@", "type": own[0], "value": own[1]}
    zone = member_zone(SETTINGS, {**TOMELILLA, "records": [*TOMELILLA["records"], record]})
    assert len(lines(zone)) == 3  # name server, the website, its own record


def test_serial_follows_from_the_content_alone() -> None:
    first, again = member_zone(SETTINGS, YSTAD), member_zone(Settings(**FACTS), dict(YSTAD))
    assert first == again
    assert serial(first) != serial(member_zone(SETTINGS, {**YSTAD, "records": []}))
    assert 0 < serial(first) < 2**32


def test_text_is_quoted_as_a_zone_file_reads_it() -> None:
    assert txt("a\\b") == '"a\\\\b"'


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"domain": "osterlen"}, "domain name"),
        ({"listen": {"ipv4": "10.0.1.11"}}, "both families"),
        ({"published": {"ipv4": "::1", "ipv6": "::1"}}, "IPv4"),
        ({"dkim": "-----BEGIN PUBLIC KEY-----"}, "base64"),
        ({"contact": "Postmaster"}, "lower-case"),
        ({"members": [YSTAD, YSTAD]}, "each domain stands once"),
        ({"members": [{"domain": "ystad.example"}]}, "are needed"),
        ({"members": [{**YSTAD, "dkim": "short"}]}, "base64"),
        ({"members": [{**YSTAD, "records": [{"name": "www", "type": "NS", "value": "x"}]}]}, "are accepted"),
        ({"members": [{**YSTAD, "records": [{"name": "w w", "type": "A", "value": "x"}]}]}, "no space"),
        ({"members": [{**YSTAD, "records": [{"name": "www", "type": "A", "value": "x\ny"}]}]}, "printable"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        Settings(**{**FACTS, **changes})
