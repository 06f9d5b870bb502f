"""The three roles of backup: what they refuse, when backups run, who may come in, and what borgmatic is told."""

import importlib.machinery
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from roles.backup.settings import Settings as Client
from roles.operations.backup import repository
from roles.operations.setting import SettingError
from roles.operations.template import render
from roles.repository.settings import Settings as Store
from roles.vault.settings import Settings as Vault
from samdrift.secret import make, public

ROLES = Path(__file__).resolve().parents[2] / "roles"
PRIVATE = make("a.ed25519", read=str)


def key(name: str) -> str:
    return public("a.ed25519", make(f"{name}.ed25519", read=str))


CLIENT: dict[str, Any] = {
    "host": "dc1", "store": "10.0.0.18", "store_key": key("store"), "key": PRIVATE, "secret": "x" * 24,
}  # fmt: skip
STORE: dict[str, Any] = {
    "host_key": PRIVATE, "reader_key": key("vault"), "clients": [{"host": "dc1", "key": key("dc1")}],
}  # fmt: skip
VAULT: dict[str, Any] = {"store": "10.0.0.18", "store_key": key("store"), "key": PRIVATE}


def program(path: Path) -> ModuleType:
    """Return a program of a host as a module."""
    loader = importlib.machinery.SourceFileLoader(path.name.replace("-", "_"), str(path))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


BACKUP = program(ROLES / "backup" / "templates" / "usr" / "local" / "sbin" / "samdrift-backup")
FACTS = {"host": "dc1", "store": "10.0.0.18", "port": 2222, "generation_days": 30}


@pytest.mark.parametrize(
    ("kind", "given", "changed", "field"),
    [
        (Client, CLIENT, {"host": "DC1"}, "backup.host"),
        (Client, CLIENT, {"store": "backup.osterlen.example"}, "backup.store"),
        (Client, CLIENT, {"store_key": "ssh-rsa AAAA"}, "backup.store_key"),
        (Client, CLIENT, {"secret": "short"}, "backup.secret"),
        (Client, CLIENT, {"recovery_point_hours": 7}, "backup.recovery_point_hours"),
        (Store, STORE, {"reader_key": STORE["clients"][0]["key"]}, "repository.clients"),
        (Store, STORE, {"clients": [*STORE["clients"], {"host": "dc1", "key": key("b")}]}, "repository.clients"),
        (Store, STORE, {"clients": [{"host": "dc1", "key": "from=x ssh-ed25519 AAAA"}]}, "repository.clients.dc1.key"),
        (Store, STORE, {"port": 22}, "repository.port"),
        (Store, STORE, {"reserve_percent": 0}, "repository.reserve_percent"),
        (Vault, VAULT, {"keep_days": 7}, "vault.keep_days"),
        (Vault, VAULT, {"interval_hours": 5}, "vault.interval_hours"),
    ],
)
def test_refusals_name_the_field(kind: Any, given: dict[str, Any], changed: dict[str, Any], field: str) -> None:
    with pytest.raises(SettingError, match=rf"^{field} "):
        kind(**given | changed)


@pytest.mark.parametrize(
    ("hours", "calendar"),
    [(24, "01,13"), (48, "01"), (8, "01,05,09,13,17,21"), (2, ",".join(f"{h:02}" for h in range(24)))],
)
def test_backups_run_twice_within_the_recovery_point(hours: int, calendar: str) -> None:
    assert Client(**CLIENT, recovery_point_hours=hours).calendar == f"*-*-* {calendar}:00"


def test_nobody_shows_a_secret() -> None:
    for made in (Client(**CLIENT), Store(**STORE), Vault(**VAULT)):
        assert "PRIVATE KEY" not in repr(made) and "xxxx" not in repr(made)


def test_only_clients_of_today_and_the_vault_come_in() -> None:
    values: dict[str, object] = {"settings": Store(**STORE), "reader": "vault"}
    text = render(templates=ROLES / "repository" / "templates", dest="/etc/samdrift/store/sshd_config", values=values)
    assert "AllowUsers vault borg-dc1\n" in text and "ForceCommand door\n" in text and "PermitRootLogin no\n" in text


def test_a_members_repository_is_its_own() -> None:
    assert repository("mail", "ystad") == "mail-ystad"
    with pytest.raises(SettingError):
        repository("mail", "../tomelilla")


def test_generations_follow_each_other_and_hosts_begin_on_different_days() -> None:
    begun = [BACKUP.generation(day * 86400.0, FACTS) for day in range(20000, 20090)]
    assert sorted(begun) == begun and 3 <= len(set(begun)) <= 4
    others = {BACKUP.generation(20000 * 86400.0, {**FACTS, "host": f"host-{n}"}) for n in range(20)}
    assert len(others) > 5


def test_a_passphrase_is_its_repositorys_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("s" * 24 + "\n")
    monkeypatch.setattr(BACKUP, "PLACE", tmp_path)
    assert BACKUP.passphrase("mail-ystad") != BACKUP.passphrase("mail-tomelilla")
    assert "s" * 8 not in BACKUP.passphrase("mail-ystad") and len(BACKUP.passphrase("mail-ystad")) == 64


def test_borgmatic_adds_and_never_takes_away() -> None:
    kept = {"system": "directory", "member": None, "paths": ["/srv/x"], "dump": "true", "restore": None}
    told = BACKUP.config("directory", kept, "2026-03-01", FACTS)
    assert {"prune", "compact"} <= set(told["skip_actions"])
    assert told["repositories"][0]["path"] == "ssh://borg-dc1@10.0.0.18:2222/srv/backup/dc1/directory/2026-03-01"
    assert told["source_directories"] == ["/srv/x", "/var/lib/samdrift/dump/directory"]
    assert "secret" not in json.dumps(told) and "HostKeyAlias=samdrift-store" in told["ssh_command"]


def test_a_place_that_is_empty_and_was_not_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "data"
    place.mkdir()
    for name in ("DECLARED", "LAST", "DUMPS"):
        monkeypatch.setattr(BACKUP, name, tmp_path / name)
        (tmp_path / name).mkdir()
    kept = {"system": "files", "member": None, "paths": [str(place)], "dump": None, "restore": None}
    (tmp_path / "DECLARED" / "files.yaml").write_text(json.dumps(kept))
    BACKUP.look("files")
    (tmp_path / "LAST" / "files.json").write_text(json.dumps({"held": [str(place)]}))
    with pytest.raises(BACKUP.Refused, match="is empty, and was not"):
        BACKUP.look("files")
    kept["dump"] = "touch $DUMP/nothing"
    (tmp_path / "LAST" / "files.json").unlink()
    (tmp_path / "DECLARED" / "files.yaml").write_text(json.dumps(kept))
    with pytest.raises(BACKUP.Refused, match="the dump is empty"):
        BACKUP.look("files")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (
            "Remote: samdrift-store: the backup store is full: 0.1 of\nConnection closed",
            "samdrift-store: the backup store",
        ),
        ("x\nStorageQuotaExceeded: The storage quota (1.00 MB) has been exceeded\nplatform", "StorageQuotaExceeded"),
        ("first\nlast\n\n", "last"),
        ("", "no reason given"),
    ],
)
def test_a_failed_backup_says_why(told: str, why: str) -> None:
    assert BACKUP.last_words(told).startswith(why)
