"""Settings and files of `database`, and its program's knowledge of passwords."""

import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from roles.database.deploy import FOLDER, TEMPLATES
from roles.database.settings import RESERVED, Settings
from roles.operations.setting import SettingError
from roles.operations.template import render
from samdrift.federation import database

DESK = {
    "name": "desk",
    "password": "Sd1-a-long-password",
    "hosts4": ["10.0.0.16/32"],
    "hosts6": ["fd5a:6d64:0:10::16/128"],
}
CERTIFICATE = {"names": ["db.osterlen.example"], "directory": "https://pki.osterlen.example/acme/internal/directory"}
FACTS: dict[str, Any] = {"certificate": CERTIFICATE, "systems": [DESK]}


def text(dest: str, **changes: Any) -> str:
    values: dict[str, object] = {
        "settings": Settings(**{**FACTS, **changes}),
        "chain": "/chain.pem",
        "key": "/key.pem",
        "pitr": "/pitr",
    }
    return render(templates=TEMPLATES, dest=dest, values=values)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"systems": [{**DESK, "name": "postgres"}]}, "does not use itself"),
        ({"systems": [{**DESK, "name": 'desk" all'}]}, "lower-case name"),
        ({"systems": [{**DESK, "hosts4": [], "hosts6": []}]}, "addresses are needed"),
        ({"systems": [{**DESK, "hosts4": ["10.0.0.16/24"]}]}, "host bits"),
        ({"systems": [DESK, DESK]}, "stands once"),
        ({"certificate": {}}, "one name is needed"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        Settings(**{**FACTS, **changes})


def test_a_name_that_the_role_refuses_is_refused_in_the_stack_file() -> None:
    """A role knows nothing of samdrift, and the other way round: the two lists are held together here."""
    assert database.RESERVED == RESERVED


def test_a_refused_password_is_not_shown() -> None:
    with pytest.raises(SettingError) as refused:
        Settings(**{**FACTS, "systems": [{**DESK, "password": "hunter2"}]})
    assert "hunter2" not in str(refused.value)
    assert "password" not in repr(Settings(**FACTS))


def test_nobody_comes_in_without_tls_and_the_superuser_not_from_afar() -> None:
    lines = [line for line in text(f"{FOLDER}/pg_hba.conf").splitlines() if not line.startswith("#")]
    assert lines == [
        "local all postgres peer",
        "local replication postgres peer",
        'hostssl "desk" "desk" 10.0.0.16/32 scram-sha-256',
        'hostssl "desk" "desk" fd5a:6d64:0:10::16/128 scram-sha-256',
    ]
    assert "ssl_key_file = '/key.pem'" in text(f"{FOLDER}/conf.d/samdrift.conf")


def test_a_password_is_known_by_its_verifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of RFC 7677, section 3: user `user`, password `pencil`; its proof was checked with these keys."""
    for name in ("psycopg2", "psycopg2.sql"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    setattr(sys.modules["psycopg2"], "sql", sys.modules["psycopg2.sql"])  # noqa: B010 - a module made here
    program = runpy.run_path(str(TEMPLATES / Path("/usr/local/sbin/samdrift-database").relative_to("/")))
    kept = program["verifier"]("pencil", b"0123456789abcdef", 4096)
    assert kept.startswith("SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2RlZg==$")
    assert program["is_of"]("pencil", kept)
    assert not program["is_of"]("pencils", kept)
    assert not program["is_of"]("pencil", "md5" + "0" * 32)
    assert not program["is_of"]("pencil", None)
