"""Rules of a packet filter as nft's text: what is not said never becomes "any"."""

from typing import Any

import pytest

from roles.operations.rule import lines, parse
from roles.operations.setting import SettingError

DIRECTORY: dict[str, Any] = {
    "name": "directory-tcp",
    "from": "adm",
    "to": "transit",
    "saddr4": ["10.80.96.0/21"],
    "daddr4": ["10.0.0.11/32", "10.0.0.12/32"],
    "saddr6": ["fd5a:6d64:1286:1::/64"],
    "daddr6": ["fd5a:6d64:0:10::11/128"],
    "proto": "tcp",
    "ports": [88, "49152-65535"],
    "why": "Kerberos and RPC",
}


def test_a_rule_has_one_statement_a_family() -> None:
    assert lines(parse(DIRECTORY)) == [
        'iifname "adm" oifname "transit" ip saddr { 10.80.96.0/21 } ip daddr { 10.0.0.11/32, 10.0.0.12/32 } '
        'tcp dport { 88, 49152-65535 } counter accept comment "directory-tcp"',
        'iifname "adm" oifname "transit" ip6 saddr { fd5a:6d64:1286:1::/64 } ip6 daddr { fd5a:6d64:0:10::11/128 } '
        'tcp dport { 88, 49152-65535 } counter accept comment "directory-tcp"',
    ]


@pytest.mark.parametrize("empty", ["saddr6", "daddr6"])
def test_a_family_without_source_or_destination_has_no_statement(empty: str) -> None:
    """The package proxy has no IPv6 address: an empty list must not open IPv6 to everything."""
    written = lines(parse({**DIRECTORY, empty: []}))
    assert len(written) == 1
    assert "ip6" not in written[0]


def test_a_named_set_stands_alone() -> None:
    """nft takes no set among the elements of another."""
    written = lines(parse({**DIRECTORY, "saddr4": ["@adm", "@ped", "10.0.0.0/24"], "saddr6": [], "daddr6": []}))
    assert [line.split("ip saddr ")[1].split(" ip daddr")[0] for line in written] == [
        "@adm4",
        "@ped4",
        "{ 10.0.0.0/24 }",
    ]


def test_towards_the_host_itself_there_is_no_interface_out() -> None:
    written = lines(parse({**DIRECTORY, "to": "self", "daddr4": [], "daddr6": []}))
    assert len(written) == 2
    assert not any("oifname" in line or "daddr" in line for line in written)


def test_echo_is_asked_in_each_familys_own_words() -> None:
    written = lines(parse({**DIRECTORY, "proto": "icmp", "ports": []}))
    assert ["icmp type echo-request" in written[0], "icmpv6 type echo-request" in written[1]] == [True, True]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"proto": "any"}, "tcp, udp or icmp"),
        ({"ports": []}, "need ports"),
        ({"proto": "icmp"}, "icmp has none"),
        ({"from": ""}, "interface name"),
        ({"sport": [53]}, "sport"),
        ({"saddr4": [], "saddr6": []}, "a source and a destination of one family"),
    ],
)
def test_refuses_what_it_cannot_mean(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        parse({**DIRECTORY, **changes})
