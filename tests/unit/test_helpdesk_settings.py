"""Settings, facts and files of `helpdesk`, and the checks' own reckoning of agreed hours."""

import json
from datetime import datetime
from typing import Any

import pytest

from roles.helpdesk.deploy import TEMPLATES, facts, members
from roles.helpdesk.settings import Settings
from roles.operations.setting import SettingError
from roles.operations.template import render
from samdrift.federation.record import Support
from tests.checks.desk import STOCKHOLM, by_when

SUPPORT = {"opens": "07:30", "closes": "16:30", "answered": [30, 60, 240, 480], "solved": [240, 480, 1440, 2880]}
YSTAD = {"key": "ystad", "name": "Ystad", "domain": "ystad.example", "support": SUPPORT}
FACTS: dict[str, Any] = {
    "fqdn": "desk.osterlen.example",
    "domain": "osterlen.example",
    "certificate": {"names": ["desk.osterlen.example"], "directory": "https://pki.osterlen.example/acme"},
    "database": {"host": "db.osterlen.example", "name": "desk", "password": "Sd1-database-word"},
    "directory": {
        "domain": "ad.osterlen.example",
        "hosts": ["dc1.ad.osterlen.example", "dc2.ad.osterlen.example"],
        "user": "svc-desk",
        "password": "Sd1-directory-word",
    },
    "relay": {"name": "mx1.osterlen.example", "from": ["10.0.0.15", "fd5a:6d64:0:10::15"]},
    "support": SUPPORT,
    "systems": [{"title": "Annat", "competence": "first", "always": False}],
    "competences": [{"name": "first", "title": "Första linjen", "group": "desk-first"}],
    "agents": "priv-agents",
    "secret": "Sd1-satisfaction",
    "portal": {
        "issuer": "https://sso.osterlen.example",
        "client": "desk",
        "callback": "https://desk.osterlen.example/oidc/callback",
        "secret": "Sd1-portal-word",
        "seal": "Sd1-sealing-word",
    },
    "members": [YSTAD],
}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"systems": [{"title": "Annat", "competence": "second", "always": False}]}, "helpdesk.systems.Annat"),
        ({"members": [YSTAD, YSTAD]}, "each name stands once"),
        ({"members": [{**YSTAD, "name": "Servicedesk"}]}, "each name stands once"),
        ({"support": {**SUPPORT, "opens": "17:00"}}, "opens before it closes"),
        ({"support": {**SUPPORT, "solved": [1, 2, 3]}}, "four priorities"),
        ({"secret": "it's not plain"}, "helpdesk.secret"),
        ({"relay": {"name": "mx1.osterlen.example", "from": ["mail"]}}, "an IP address"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        Settings(**{**FACTS, **changes})


def test_facts_hold_no_secret() -> None:
    settings = Settings(**FACTS)
    assert "Sd1-" not in json.dumps([facts(settings), members(settings)])
    assert members(settings)["addresses"] == {
        "servicedesk@osterlen.example": "Servicedesk",
        "servicedesk@ystad.example": "Ystad",
    }


def test_mail_comes_from_the_store_and_leaves_by_the_gateway() -> None:
    values: dict[str, object] = {"settings": Settings(**FACTS), "chain": "/chain.pem", "key": "/key.pem"}
    main = render(templates=TEMPLATES, dest="/etc/postfix/main.cf", values=values)
    assert "check_client_access cidr:{ {10.0.0.15 OK}, {fd5a:6d64:0:10::15 OK} }, reject" in main
    assert "{servicedesk@ystad.example = OK}" in main
    assert "{servicedesk-intern@osterlen.example = case:comment}" in main
    assert "relayhost = [mx1.osterlen.example]:25" in main
    assert "smtp_tls_security_level = secure" in main


@pytest.mark.parametrize(
    ("begun", "minutes", "due"),
    [
        ("2026-03-26 09:00", 60, "2026-03-26 10:00"),  # a Thursday
        ("2026-03-26 16:00", 60, "2026-03-27 08:00"),
        ("2026-03-26 20:00", 30, "2026-03-27 08:00"),
        ("2026-03-28 12:00", 30, "2026-03-30 08:00"),  # over the weekend on which the clocks change
        ("2026-12-23 16:00", 60, "2026-12-28 08:00"),
    ],
)
def test_agreed_hours(begun: str, minutes: int, due: str) -> None:
    def at(text: str) -> datetime:
        return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=STOCKHOLM)

    assert by_when(at(begun), minutes, Support(), always=False) == at(due)
