"""Settings and files of `workplace`: who may sit where."""

import configparser
from typing import Any

import pytest

from roles.operations.setting import SettingError
from roles.operations.template import render
from roles.workplace.deploy import TEMPLATES
from roles.workplace.settings import Settings

FACTS: dict[str, Any] = {
    "realm": "AD.OSTERLEN.EXAMPLE",
    "domain": "OSTERLEN",
    "domain_dns": "ad.osterlen.example",
    "dcs": ["dc1.ad.osterlen.example", "dc2.ad.osterlen.example"],
    "kind": "adm",
    "member": "ystad",
    "join_password": "Join-2-secret-too",
}


def sssd(**changes: object) -> configparser.SectionProxy:
    text = render(
        templates=TEMPLATES, dest="/etc/sssd/sssd.conf", values={"settings": Settings(**{**FACTS, **changes})}
    )
    parser = configparser.ConfigParser()
    parser.read_string(text)
    return parser["domain/ad.osterlen.example"]


@pytest.mark.parametrize(("kind", "admitted"), [("adm", "service-workplace-adm"), ("ped", "service-workplace-ped")])
def test_pupils_never_sit_at_an_administrative_workplace(kind: str, admitted: str) -> None:
    domain = sssd(kind=kind)
    assert domain["access_provider"] == "ad"
    assert f":=CN={admitted},OU=Groups,DC=ad,DC=osterlen,DC=example)" in domain["ad_access_filter"]


def test_every_directory_host_is_listed_and_no_password_is_remembered() -> None:
    domain = sssd()
    assert domain["ad_server"] == "dc1.ad.osterlen.example, dc2.ad.osterlen.example"
    assert domain.getboolean("cache_credentials") is False
    assert sssd(offline_sign_in=True).getboolean("cache_credentials") is True


def test_numbers_of_people_fit_an_unprivileged_container() -> None:
    domain = sssd()
    assert int(domain["ldap_idmap_range_max"]) <= 60000
    span = int(domain["ldap_idmap_range_max"]) - int(domain["ldap_idmap_range_min"])
    assert span == int(domain["ldap_idmap_range_size"])  # one slice: the same number on every host


def test_the_computer_account_is_made_in_the_members_unit() -> None:
    assert Settings(**FACTS).unit == "OU=Workplaces,OU=ystad,OU=Members,DC=ad,DC=osterlen,DC=example"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"kind": "admin"}, "adm or ped"),
        ({"dcs": ["dc1"]}, "domain name"),
        ({"dcs": []}, "at least one"),
        ({"realm": "ad.osterlen.example"}, "AD.OSTERLEN.EXAMPLE"),
        ({"ids": 60000}, "50000 at most"),
        ({"first_id": 1000}, "10000 or more"),
        ({"join_password": ""}, "a password is needed"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        Settings(**{**FACTS, **changes})
