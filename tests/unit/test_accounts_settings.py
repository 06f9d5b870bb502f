"""Settings and files of `accounts`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from roles.accounts.deploy import KEYS, PORT, REGISTERS, TEMPLATES, program
from roles.accounts.settings import Settings
from roles.operations.setting import SettingError
from roles.operations.template import render
from samdrift.federation import entitlement
from samdrift.identity.cycle import Config

YSTAD = {
    "key": "ystad", "name": "Ystad", "domain": "ystad.example", "sample": {"staff": 2, "pupils": 3}, "school": None,
    "school_token": "token", "hr_key": "ssh-ed25519 AAAA hr-ystad",
}  # fmt: skip
FACTS: dict[str, Any] = {
    "domain": "ad.osterlen.example",
    "hosts": ["dc1.ad.osterlen.example"],
    "user": "svc-accounts",
    "password": "Keeper-1-secret",
    "person_key": "Person-2-secret",
    "rules": entitlement.rules(),
    "members": [YSTAD],
}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"hosts": []}, "at least one"),
        ({"password": "short"}, r"accounts\.password"),
        ({"minutes": 0}, "1 to 60"),
        ({"members": [YSTAD, YSTAD]}, "each member stands once"),
        ({"members": [{**YSTAD, "school": "http://elev.ystad.example/"}]}, "https"),
        ({"members": [{**YSTAD, "school": "https://elev.ystad.example"}]}, "slash"),
        ({"members": [{**YSTAD, "hr_key": ""}]}, "public key"),
    ],
)
def test_refusals(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        Settings(**{**FACTS, **changes})


def test_the_program_reads_what_the_role_writes(tmp_path: Path) -> None:
    made = Settings(**FACTS).config(ca_file="/ca.crt", registers="/r", state="/s")
    (tmp_path / "accounts.json").write_text(json.dumps(made))
    found = Config.read(tmp_path / "accounts.json")
    assert found.members[0]["school"] == "http://127.0.0.1:8012/ystad/"
    assert "secret" not in repr(Settings(**FACTS)) + repr(found)


@pytest.mark.parametrize(
    ("sample", "school", "read"),
    [
        (None, None, None),
        ({"staff": 3, "pupils": 0}, None, None),
        ({"staff": 3, "pupils": 3}, "https://elev.ystad.example/v2.0/", "https://elev.ystad.example/v2.0/"),
        (None, "https://elev.ystad.example/v2.0/", "https://elev.ystad.example/v2.0/"),
    ],
)
def test_which_school_register_is_read(sample: Any, school: str | None, read: str | None) -> None:
    settings = Settings(**{**FACTS, "members": [{**YSTAD, "sample": sample, "school": school}]})
    assert settings.config(ca_file="", registers="", state="")["members"][0]["school"] == read


def test_the_program_is_whole_and_imports_nothing_that_is_not_copied(tmp_path: Path) -> None:
    for path, text in program().items():
        (tmp_path / "samdrift" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "samdrift" / path).write_text(text)
    command = [sys.executable, "-c", "import samdrift; print(*samdrift.__path__); import samdrift.identity.cycle"]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(tmp_path / "samdrift")


def test_each_member_is_shut_into_its_own_folder() -> None:
    values: dict[str, object] = {"settings": Settings(**FACTS), "keys": KEYS, "registers": REGISTERS, "port": PORT}
    text = render(templates=TEMPLATES, dest="/etc/ssh/sshd_config.d/30-accounts.conf", values=values)
    assert "Match User hr-ystad\n" in text
    assert "ChrootDirectory /srv/registers/ystad\n" in text
    assert text.rstrip().endswith("Match all")
