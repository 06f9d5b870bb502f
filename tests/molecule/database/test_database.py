"""The host of databases, asked over the network by the host of two systems, and by one that has no business there."""

import json
import os
import shlex
from collections.abc import Callable, Iterator
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


def words(on: Callable[..., str], database: str) -> list[str]:
    """What the table of words holds, asked on the server."""
    ask = "SELECT word FROM words ORDER BY word"
    return on("db", f"cd / && runuser -u postgres -- psql -qAt -d {database} -c {shlex.quote(ask)}").split()


@pytest.fixture
def two_moments(on: Callable[..., str]) -> Iterator[str]:
    """A word, a moment after it, and another word; yields the moment."""

    def asked(query: str) -> str:
        return str(attempt(on, "ystad-adm", address="10.0.0.17", query=query)["rows"][0][0])

    on("db", "systemctl start samdrift-pitr.service")  # or wait for the first run, which makes a base backup
    asked("CREATE TABLE words (word text); INSERT INTO words VALUES ('first'); SELECT 1")
    moment = asked("SELECT clock_timestamp()")
    asked("INSERT INTO words VALUES ('second'); SELECT 1")
    yield moment
    asked("DROP TABLE words; SELECT 1")


def test_a_database_as_it_was_between_two_moments(on: Callable[..., str], two_moments: str) -> None:
    """Beside the living one, which stays as it is; nobody but the system comes in, and nothing else is left."""
    told = json.loads(on("db", f"samdrift-pitr recover one --at '{two_moments}' --to one_before"))
    try:
        assert told["database"] == "one_before"
        assert words(on, "one_before") == ["first"]
        assert words(on, "one") == ["first", "second"]
        assert on("db", "samdrift-database check") == ""
        assert on("db", "ls /var/lib/postgresql").split() == ["17", "pitr"]
        told = on("db", "samdrift-pitr recover one --to one_before 2>&1", ok=False)
        assert "there is a database one_before already" in told
    finally:
        on("db", "runuser -u postgres -- dropdb one_before")


def test_a_database_that_was_dropped_comes_back_from_a_copy(on: Callable[..., str], two_moments: str) -> None:
    """As on another host, from what the backup brought: without the server's own folder, and without a time."""
    on("db", "samdrift-pitr base")  # the log until here is kept when this ends
    on("db", "cp -a /var/lib/postgresql/pitr /var/lib/postgresql/copy")
    try:
        on("db", "samdrift-pitr recover one --to one_copy --from /var/lib/postgresql/copy")
        assert words(on, "one_copy") == ["first", "second"]
    finally:
        on("db", "rm -rf /var/lib/postgresql/copy; runuser -u postgres -- dropdb --if-exists one_copy")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("one --at 2001-02-03", "nothing is kept from 2001-02-03 or before: it begins"),
        ("one --at 2999-01-01", "2999-01-01 is not over yet"),
        ("one --at yesterday", "'yesterday' is no time"),
        ("nobody", "no system here has the name nobody"),
    ],
)
def test_what_cannot_be_recovered_is_said(on: Callable[..., str], two_moments: str, asked: str, said: str) -> None:
    assert said in on("db", f"samdrift-pitr recover {asked} 2>&1", ok=False)
    assert on("db", "ls /var/lib/postgresql").split() == ["17", "pitr"]


def test_what_is_older_than_agreed_goes_with_its_log(on: Callable[..., str], two_moments: str) -> None:
    """Base backups of 30 and of 20 days ago: of those beyond the agreed days one stays, for the first of these days."""
    place = "/var/lib/postgresql/pitr"
    begin = on("db", f"cat {place}/base/*/start | sort | head -1").strip()
    older = begin[:8] + f"{int(begin[8:], 16) - 1:016x}".upper()
    for days in (30, 20):
        when = f"$(date -u -d '{days} days ago' +%Y-%m-%dT%H%M%SZ)"
        on("db", f"install -d -o postgres {place}/base/{when}; echo {begin} > {place}/base/{when}/start")
    on("db", f"touch {place}/wal/{older}.zst; samdrift-pitr base")
    kept = on("db", f"ls {place}/base").split()
    month = on("db", "date -u -d '30 days ago' +%Y-%m-%d").strip()
    assert not [one for one in kept if one.startswith(month)]
    assert [one for one in kept if one.startswith(on("db", "date -u -d '20 days ago' +%Y-%m-%d").strip())]
    assert on("db", f"ls {place}/wal/{older}.zst 2>/dev/null; true") == ""
    on("db", f"rm -rf {place}/base/{kept[0]}")


def test_a_log_that_is_not_kept_is_told(on: Callable[..., str]) -> None:
    """A server that believes all is well, and one that knows better; a new base backup is what helps the first."""
    setting = (
        "runuser -u postgres -- psql -q -c \"ALTER SYSTEM SET archive_command = '{}'\" -c 'SELECT pg_reload_conf()'"
    )
    switch = "runuser -u postgres -- psql -qAt -c 'SELECT pg_current_xact_id()' -c 'SELECT pg_switch_wal()'"
    archived = "runuser -u postgres -- psql -qAt -c 'SELECT {} FROM pg_stat_archiver'"
    for command, column, said in (
        ("/bin/true", "archived_count", "was said to be kept and is not"),
        ("/bin/false", "failed_count", "cannot be kept"),
    ):
        before = on("db", archived.format(column)).strip()
        try:
            on("db", setting.format(command))
            on("db", switch)
            on("db", f"until [ $({archived.format(column)}) -gt {before} ]; do sleep 0.2; done")
            assert said in on("db", "samdrift-pitr tend 2>&1", ok=False)
        finally:
            on(
                "db",
                "runuser -u postgres -- psql -q -c 'ALTER SYSTEM RESET archive_command' -c 'SELECT pg_reload_conf()'",
            )
    on("db", f"{switch}; samdrift-pitr base; samdrift-pitr tend")


def test_no_secret_lies_open(on: Callable[..., str]) -> None:
    for name in ("database-one", "database-other"):
        found = on("db", f"grep -rlsF -- '{secret(name)}' /etc /run /var/log /root /tmp | xargs -r stat -c '%a %n'")
        assert found.splitlines() == ["600 /etc/samdrift/database.json"]
    assert on("db", "systemctl --failed --no-legend").strip() == ""
