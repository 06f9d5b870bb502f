"""Settings and ruleset of `gateway`: the denies by hand stand before everything that records can open."""

from typing import Any

import pytest

from roles.gateway.deploy import TEMPLATES
from roles.gateway.settings import Settings
from roles.operations.setting import SettingError
from roles.operations.template import render

FACTS: dict[str, Any] = {
    "member": "ystad",
    "adm": {"ipv4": "10.80.96.0/21", "ipv6": "fd5a:6d64:1286:1::/64"},
    "ped": {"ipv4": "10.80.104.0/21", "ipv6": "fd5a:6d64:1286:2::/64"},
    "transit": {"ipv4": "10.0.4.138", "ipv6": "fd5a:6d64:0:14::138"},
    "upstream4": "10.0.4.1",
    "upstream6": "fd5a:6d64:0:14::1",
    "hall": {"ipv4": ["10.0.0.0/20"], "ipv6": ["fd5a:6d64::/48"]},
    "federation": {"ipv4": ["10.0.0.0/8"], "ipv6": ["fd5a:6d64::/32"]},
    "management": {"ipv4": ["10.0.2.0/24"], "ipv6": ["fd5a:6d64:0:12::/64"]},
}
# What a wrong record could say.
WRONG = {
    "name": "oops",
    "from": "ped",
    "to": "adm",
    "proto": "tcp",
    "ports": [445],
    "saddr4": ["0.0.0.0/0"],
    "daddr4": ["0.0.0.0/0"],
    "saddr6": ["::/0"],
    "daddr6": ["::/0"],
}


def ruleset(**changes: object) -> str:
    return render(templates=TEMPLATES, dest="/etc/nftables.conf", values={"settings": Settings(**{**FACTS, **changes})})


def chain(text: str, name: str) -> list[str]:
    body = text.split(f"chain {name} {{", 1)[1].split("\n    }", 1)[0]
    return [line.strip() for line in body.splitlines() if line.strip() and not line.strip().startswith("#")]


def test_everything_is_dropped_unless_declared() -> None:
    text = ruleset()
    for name in ("input", "forward"):
        assert "policy drop;" in chain(text, name)[0]
        assert chain(text, name)[-1] == 'counter drop comment "undeclared"'


def test_a_wrong_record_does_not_open_ped_to_adm() -> None:
    """The generated rule stands in the ruleset, behind the deny of the template's own text, for both families."""
    forward = chain(ruleset(rules=[WRONG]), "forward")
    assert sum('comment "oops"' in line for line in forward) == 2
    assert forward.index("jump denied") < next(n for n, line in enumerate(forward) if "oops" in line)
    deny = next(line for line in chain(ruleset(), "denied") if "ped to adm" in line)
    assert deny == 'iifname "ped" oifname "adm" counter drop comment "ped to adm"'


@pytest.mark.parametrize("word", ["client to management", "member to member"])
def test_denies_name_both_families(word: str) -> None:
    lines = [line for line in chain(ruleset(), "denied") if word in line]
    assert any(" ip daddr " in line for line in lines)
    assert any(" ip6 daddr " in line for line in lines)


def test_other_members_are_the_federation_without_the_hall() -> None:
    lines = [line for line in chain(ruleset(), "denied") if "member to member" in line]
    assert sum("10.0.0.0/8" in line and "!= { 10.0.0.0/20 }" in line for line in lines) == 2
    assert sum("fd5a:6d64::/32" in line and "!= { fd5a:6d64::/48 }" in line for line in lines) == 2


def test_the_whole_ruleset_is_one_transaction() -> None:
    """`flush ruleset` inside the file: established flows and the old rules stay until the new ones stand."""
    assert ruleset().splitlines()[3] == "flush ruleset"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"adm": {"ipv4": "10.80.96.0/21"}}, "both ipv4 and ipv6"),
        ({"adm": {"ipv4": "10.80.96.1/21", "ipv6": "fd5a:6d64:1286:1::/64"}}, "host bits"),
        ({"ped": FACTS["adm"]}, "a network of its own"),
        ({"upstream6": "10.0.4.1"}, "IPv6"),
        ({"management": {"ipv4": ["10.0.2.0/24"]}}, "at least one network"),
        ({"rules": [{**WRONG, "from": "svc"}]}, "one of adm, ped, transit"),
        ({"member": "Ystad"}, "lower-case"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        Settings(**{**FACTS, **changes})
