"""Settings and files of `edge`: a member is an element of sets and a route, and nothing else changes when one joins."""

from typing import Any

import pytest

from roles.edge.deploy import TEMPLATES
from roles.edge.settings import Settings
from roles.operations.setting import SettingError
from roles.operations.template import render

YSTAD = {
    "name": "Ystad",
    "code": "1286",
    "adm4": "10.80.96.0/21",
    "ped4": "10.80.104.0/21",
    "adm6": "fd5a:6d64:1286:1::/64",
    "ped6": "fd5a:6d64:1286:2::/64",
    "via4": "10.0.4.138",
    "via6": "fd5a:6d64:0:14::138",
    "domain": "ystad.example",
    "mail": True,
}
TOMELILLA = {
    "name": "Tomelilla",
    "code": "1270",
    "adm4": "10.79.96.0/21",
    "ped4": "10.79.104.0/21",
    "adm6": "fd5a:6d64:1270:1::/64",
    "ped6": "fd5a:6d64:1270:2::/64",
    "via4": "10.0.4.125",
    "via6": "fd5a:6d64:0:14::125",
    "domain": None,
    "mail": False,
}
NETWORKS = {
    "mgt": {"ipv4": "10.0.2.0/24", "ipv6": "fd5a:6d64:0:12::/64"},
    "svc": {"ipv4": "10.0.0.0/24", "ipv6": "fd5a:6d64:0:10::/64"},
    "transit": {"ipv4": "10.0.4.0/22", "ipv6": "fd5a:6d64:0:14::/64"},
    "wan": {"ipv4": "198.51.100.0/24", "ipv6": "2001:db8:0:ffff::/64"},
}
FACTS: dict[str, Any] = {
    "networks": NETWORKS,
    "addresses": {
        name: {family: prefix.split("/")[0].replace(".0.0", ".0.1") for family, prefix in network.items()}
        for name, network in NETWORKS.items()
    }
    | {"wan": {"ipv4": "198.51.100.1", "ipv6": "2001:db8:0:ffff::1"}},
    "federation": {"ipv4": ["10.0.0.0/8"], "ipv6": ["fd5a:6d64::/32"]},
    "management": {"ipv4": ["10.0.2.0/24"], "ipv6": ["fd5a:6d64:0:12::/64"]},
    "ad_domain": "ad.osterlen.example",
    "dcs": ["10.0.0.11", "10.0.0.12"],
    "domain": "osterlen.example",
    "hosts": [
        {"name": "edge.osterlen.example", "ipv4": "10.0.2.1", "ipv6": "fd5a:6d64:0:12::1"},
        {"name": "dc1.ad.osterlen.example", "ipv4": "10.0.0.11", "ipv6": "fd5a:6d64:0:10::11"},
        {"name": "ns1.osterlen.example", "ipv4": "10.0.1.11", "ipv6": "fd5a:6d64:0:11::11"},
    ],
    "nameserver": {"ipv4": "10.0.1.11", "ipv6": "fd5a:6d64:0:11::11"},
    "mail": "mail.osterlen.example",
    "published": [
        {"name": "names", "proto": "udp", "ports": ["53"], "ipv4": "10.0.1.11", "ipv6": "fd5a:6d64:0:11::11"}
    ],
    "members": [YSTAD, TOMELILLA],
    "rules": [
        {
            "name": "time",
            "from": "transit",
            "to": "self",
            "proto": "udp",
            "ports": [123],
            "saddr4": ["@adm", "@gateways"],
        }
    ],
}
FILES = [
    str(path.relative_to(TEMPLATES).with_suffix("") if path.suffix == ".j2" else path.relative_to(TEMPLATES))
    for path in sorted(TEMPLATES.rglob("*"))
    if path.is_file()
]


def text(dest: str, **changes: object) -> str:
    return render(templates=TEMPLATES, dest=dest, values={"settings": Settings(**{**FACTS, **changes})})


def test_a_join_changes_files_of_its_own_only() -> None:
    """They are put in force by a unit of their own: no service is restarted, the ruleset is not loaded anew."""
    changed = [dest for dest in FILES if text(f"/{dest}", members=[TOMELILLA]) != text(f"/{dest}")]
    assert sorted(changed) == [
        "etc/samdrift/members.nft",
        "etc/samdrift/routes",
        "etc/unbound/unbound.conf.d/samdrift-members.conf",
    ]


def test_members_are_elements_and_routes_of_both_families() -> None:
    routes = text("/etc/samdrift/routes").splitlines()
    assert "10.80.104.0/21 via 10.0.4.138 dev transit" in routes
    assert "fd5a:6d64:1286:2::/64 via fd5a:6d64:0:14::138 dev transit" in routes
    assert "unreachable 10.0.0.0/8" in routes
    elements = text("/etc/samdrift/members.nft")
    assert "add element inet edge ped6 { fd5a:6d64:1270:2::/64 }" in elements
    assert elements.count("flush set inet edge") == 6


def test_order_of_members_does_not_matter() -> None:
    assert text("/etc/samdrift/routes", members=[TOMELILLA, YSTAD]) == text("/etc/samdrift/routes")


def test_the_resolver_listens_inside_only_and_forwards_the_directorys_zone() -> None:
    conf = text("/etc/unbound/unbound.conf.d/samdrift.conf")
    assert "interface: 198.51.100.1" not in conf
    assert "interface: 2001:db8:0:ffff::1" not in conf
    assert 'name: "ad.osterlen.example"' in conf
    assert conf.count("forward-addr: 10.0.0.1") == 2
    assert 'module-config: "iterator"' not in conf
    assert 'module-config: "iterator"' in text("/etc/unbound/unbound.conf.d/samdrift.conf", validate=False)


def test_members_domains_are_asked_of_the_public_zones_where_they_are_here() -> None:
    conf = text("/etc/unbound/unbound.conf.d/samdrift-members.conf")
    assert 'stub-zone:\n    name: "ystad.example"\n    stub-addr: 10.0.1.11\n' in conf
    assert "_imaps._tcp.ystad.example. 300 IN SRV 0 1 993 mail.osterlen.example." in conf
    assert conf.count("stub-zone:") == conf.count("domain-insecure:") == 1
    without = text("/etc/unbound/unbound.conf.d/samdrift-members.conf", members=[{**YSTAD, "mail": False}])
    assert "stub-zone" in without
    assert "SRV" not in without


def test_hosts_that_the_world_knows_have_their_other_records_from_the_zone() -> None:
    conf = text("/etc/unbound/unbound.conf.d/samdrift.conf")
    assert 'local-zone: "ns1.osterlen.example." typetransparent' in conf
    assert 'local-zone: "edge.osterlen.example."' not in conf


def test_what_is_published_is_translated_in_both_families() -> None:
    rules = text("/etc/nftables.conf")
    assert 'iifname "wan" ip daddr 198.51.100.1 udp dport { 53 } dnat ip to 10.0.1.11' in rules
    assert 'iifname "wan" ip6 daddr 2001:db8:0:ffff::1 udp dport { 53 } dnat ip6 to fd5a:6d64:0:11::11' in rules


def test_the_halls_hosts_are_named_both_ways_and_the_directorys_by_the_directory() -> None:
    conf = text("/etc/unbound/unbound.conf.d/samdrift.conf")
    assert 'local-data: "edge.osterlen.example. 300 IN AAAA fd5a:6d64:0:12::1"' in conf
    assert 'local-data-ptr: "10.0.2.1 300 edge.osterlen.example."' in conf
    assert 'local-data: "dc1' not in conf
    assert 'local-data-ptr: "fd5a:6d64:0:10::11 300 dc1.ad.osterlen.example."' in conf


def test_ruleset_refers_to_members_by_set() -> None:
    rules = text("/etc/nftables.conf")
    assert "10.80.96.0/21" not in rules
    assert 'iifname "transit" ip saddr @gateways4 udp dport { 123 }' in rules
    assert rules.index("jump denied") < rules.index("# Declared flows.", rules.index("chain forward"))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"members": [YSTAD, YSTAD]}, "each code stands once"),
        ({"members": [{**YSTAD, "via4": "10.0.4.138/22"}]}, "an IP address"),
        ({"members": [{"name": "Ystad"}]}, "are needed"),
        ({"networks": {"mgt": NETWORKS["mgt"]}}, "transit is needed"),
        ({"dcs": []}, "at least one address"),
        ({"members": [{**YSTAD, "domain": "Ystad"}]}, "lower-case domain"),
        ({"published": [{**FACTS["published"][0], "proto": "icmp"}]}, "tcp or udp"),
        ({"published": [{**FACTS["published"][0], "ports": []}]}, "at least one port"),
        ({"published": [{**FACTS["published"][0], "ipv6": "10.0.1.11"}]}, "IPv6"),
        ({"hosts": [{"name": "mail.osterlen.example", "ipv4": "10.0.0.15"}]}, "ipv6 are needed"),
        ({"hosts": [{"name": "mail.osterlen.example", "ipv4": "::1", "ipv6": "::1"}]}, "IPv4"),
        ({"rules": [{**FACTS["rules"][0], "saddr4": ["@schools"]}]}, "@adm"),
        ({"rules": [{**FACTS["rules"][0], "from": "adm"}]}, "one of mgt"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        Settings(**{**FACTS, **changes})
