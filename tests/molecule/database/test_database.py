"""The host of databases, asked over the network by the host of two systems, and by one that has no business there."""

import json
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROBE = Path(__file__).resolve().parents[2] / "checks" / "probe" / "remote" / "postgres.py"
ADDRESSES = pytest.mark.parametrize("address", ["10.0.0.17", "fd5a:6d64:0:10::17"])
STATE = "SELECT current_user, current_database(), ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


def secret(name: str) -> str:
    return (Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "secrets" / name).read_text()


def attempt(on: Callable[..., str], host: str, **facts: Any) -> dict[str, Any]:
    """Ask from the host, with the checks' own probe."""
    facts = {"user": "one", "password": secret("database-one"), "database": "one", **facts}
    program = f"{PROBE.read_text()}\nimport json\nprint(json.dumps(attempt(**json.loads({json.dumps(facts)!r}))))"
    told: dict[str, Any] = json.loads(on(host, f"python3 -c {shlex.quote(program)}"))
    return told


@ADDRESSES
def test_a_system_reads_and_writes_its_own(on: Callable[..., str], address: str) -> None:
    assert attempt(on, "ystad-adm", address=address, query=STATE)["rows"] == [["one", "one", "t", "TLSv1.3"]]
    steps = "CREATE TABLE nonce (å text); INSERT INTO nonce VALUES ('ö'); SELECT å FROM nonce; DROP TABLE nonce"
    assert attempt(on, "ystad-adm", address=address, query=steps)["rows"] == [["ö"]]


def test_the_certificate_is_the_federations(on: Callable[..., str]) -> None:
    """Verified with edge's own store of roots, by name: the server is nobody else. Edge's own account is refused."""
    told = attempt(on, "edge", address="10.0.0.17", name="db.osterlen.example")
    assert told["said"].startswith("28000 no pg_hba.conf entry")


@ADDRESSES
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tls": False}, "no encryption"),
        ({"database": "other"}, "no pg_hba.conf entry"),
        ({"database": "postgres"}, "no pg_hba.conf entry"),
        ({"user": "postgres", "database": "postgres"}, "no pg_hba.conf entry"),
        ({"password": "wrong"}, "28P01"),
    ],
)
def test_refused(on: Callable[..., str], address: str, changes: dict[str, Any], said: str) -> None:
    told = attempt(on, "ystad-adm", address=address, **changes)
    assert (told["step"], said in told["said"]) == ("refused", True), told


@ADDRESSES
def test_another_host_is_refused_with_the_right_password(on: Callable[..., str], address: str) -> None:
    assert attempt(on, "pki", address=address)["said"].startswith("28000 no pg_hba.conf entry")


def test_a_way_in_alone_opens_no_other_database(on: Callable[..., str]) -> None:
    """The second wall: where somebody wrote `all` into the list, connecting is still the owner's alone."""
    access = "/etc/postgresql/17/main/pg_hba.conf"
    on("db", f"cp -p {access} /root/access; sed -i '1i hostssl all all 0.0.0.0/0 scram-sha-256' {access}")
    try:
        on("db", "systemctl reload postgresql@17-main")
        for database in ("other", "postgres", "template1"):
            assert attempt(on, "ystad-adm", address="10.0.0.17", database=database)["said"].startswith("42501")
    finally:
        on("db", f"mv /root/access {access}; systemctl reload postgresql@17-main")


def test_what_was_changed_by_hand_is_told_and_put_right(on: Callable[..., str]) -> None:
    order = "ALTER ROLE one CREATEDB PASSWORD 'by-hand-1'; GRANT CONNECT ON DATABASE one TO other; GRANT one TO other"
    on("db", f"runuser -u postgres -- psql -q -c {shlex.quote(order)}")
    told = on("db", "samdrift-database check").splitlines()
    assert told == [
        "rights of account one",
        "password of account one",
        "account other acts as one",
        "other in database one",
    ]
    on("db", "samdrift-database apply")
    assert on("db", "samdrift-database check") == ""
    assert attempt(on, "ystad-adm", address="10.0.0.17")["step"] == "in"


def test_a_dump_puts_back_what_was_lost(on: Callable[..., str]) -> None:
    """By the very commands that the backup is told; a table made since goes, one dropped since comes back."""
    kept = json.loads(on("db", "cat /etc/samdrift/backup.d/database-one.yaml"))
    attempt(on, "ystad-adm", address="10.0.0.17", query="CREATE TABLE before AS SELECT 'nonce' AS word")
    on("db", f"mkdir -p /root/dump; DUMP=/root/dump; {kept['dump']}")
    try:
        attempt(on, "ystad-adm", address="10.0.0.17", query="DROP TABLE before")
        on("db", f"DUMP=/root/dump; {kept['restore']}")
        assert attempt(on, "ystad-adm", address="10.0.0.17", query="SELECT word FROM before")["rows"] == [["nonce"]]
        assert on("db", "samdrift-database check") == ""
    finally:
        on("db", "rm -rf /root/dump")
        attempt(on, "ystad-adm", address="10.0.0.17", query="DROP TABLE IF EXISTS before")


def test_no_secret_lies_open(on: Callable[..., str]) -> None:
    for name in ("database-one", "database-other"):
        found = on("db", f"grep -rlsF -- '{secret(name)}' /etc /run /var/log /root /tmp | xargs -r stat -c '%a %n'")
        assert found.splitlines() == ["600 /etc/samdrift/database.json"]
    assert on("db", "systemctl --failed --no-legend").strip() == ""
