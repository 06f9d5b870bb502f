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
    "gateway4": "198.51.100.1",
    "gateway6": "2001:db8:0:ffff::1",
}


def test_the_world_knows_its_own_names_and_asks_nobody() -> None:
    values: dict[str, object] = {"settings": Settings(**FACTS)}
    conf = render(templates=TEMPLATES, dest="/etc/unbound/unbound.conf.d/samdrift.conf", values=values)
    assert 'local-zone: "." static' in conf
    assert 'local-zone: "osterlen.example." refuse' in conf
    assert 'local-data: "internet.example. 60 IN AAAA 2001:db8:0:ffff::9"' in conf
    assert "forward-addr" not in conf


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"addresses": {"ipv4": "198.51.100.9"}}, "both families"),
        ({"addresses": {"ipv4": "2001:db8::9", "ipv6": "2001:db8::9"}}, "IPv4"),
        ({"echo_port": 0}, "1 to 65535"),
        ({"domain": "osterlen"}, "domain name"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        Settings(**{**FACTS, **changes})
