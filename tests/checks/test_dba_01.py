"""DBA-01: a database is ordered, watched, kept up, and comes back as it was at any chosen time."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from samdrift.compliance.evidence import Evidence
from samdrift.compliance.target import confirm
from samdrift.federation.database import HOST, SUPPORT_ENDS
from samdrift.recovery.host import RecoveryError, run
from tests.checks.alarm import HOST as MONITOR
from tests.checks.scene import Scene, new_word
from tests.checks.verb import verb
from tests.checks.watch import first

NAME, SYSTEM_HOST = "prov-db", "desk"
SERVER = "postgresql@17-main.service"
ASKED = {
    "the server's host answers its monitor": f'up{{job="hosts",host="{HOST}"}}',
    "the server is among what shall run": f'samdrift_unit_declared{{host="{HOST}",name="{SERVER}"}}',
    "the monitor sees it run": f'node_systemd_unit_state{{host="{HOST}",name="{SERVER}",state="active"}}',
}
"""What the monitor must have measured as 1 within the last minute: in words -> in its own language."""


@pytest.mark.requirement("DBA-01")
def test_dba_01_as_it_was_at_a_chosen_time(scene: Scene, evidence: Evidence, tmp_path: Path) -> None:
    """A mistake is found an hour later; a backup of last night loses a day's work of everybody else."""
    confirm(scene.state)  # a system that does not exist is ordered
    evidence.need(4)
    before, after = new_word(), new_word()
    with ordered(scene, tmp_path) as ask:
        made = ask(f"CREATE TABLE nonce (word text); INSERT INTO nonce VALUES ('{before}'); SELECT word FROM nonce")
        evidence.control(f"{SYSTEM_HOST} reads and writes what was ordered", alive=made == [before])
        moment = ask("SELECT clock_timestamp()")[0]
        ask(f"INSERT INTO nonce VALUES ('{after}')")
        living = ask("SELECT word FROM nonce ORDER BY word")
        evidence.control("both are there now", alive=living == sorted([before, after]))
        try:
            between = words(scene, evidence, f"--at {shlex.quote(moment)}")
            newest = words(scene, evidence)
        except RecoveryError as error:
            pytest.fail(f"nothing comes back: {error}")
        evidence.note(f"asked for {moment}: {len(between)} of 2 words came back; for the newest: {len(newest)}")
        wrong = [] if between == [before] else [f"of the time between there is {between}, not the first word alone"]
        wrong += [] if newest == living else [f"of the newest there is {newest}, not both words"]
        evidence.case()
        wrong += [] if ask("SELECT word FROM nonce ORDER BY word") == living else ["the living database was changed"]
    evidence.case()
    left = told_at(scene, "ls -d /var/lib/postgresql/pitr-* 2>/dev/null; true").split()
    wrong += [f"recovery leaves {name} behind" for name in left]
    assert not wrong, first(wrong)


@pytest.mark.requirement("DBA-01")
def test_dba_01_supported_watched_and_kept_up(scene: Scene, evidence: Evidence) -> None:
    """A server that nobody mends or watches is the next incident, however well it answers today."""
    evidence.need(3 + len(ASKED))
    wrong = []
    version = int(told_at(scene, psql("postgres", "SHOW server_version_num"))) // 10000
    evidence.control(f"{HOST} tells its version", alive=version > 0)
    ends = SUPPORT_ENDS.get(version)
    evidence.case()
    evidence.note(f"PostgreSQL {version}: its makers mend it until {ends or 'a day that is not known here'}")
    wrong += [] if ends and date.today() < ends else [f"PostgreSQL {version} is not mended by its makers any more"]
    for what, question in ASKED.items():
        evidence.case()
        answered = bool(measured(scene, f"max_over_time({question}[1m]) == 1"))
        evidence.note(f"{what}: {'yes' if answered else 'no'}")
        wrong += [] if answered else [f"not so: {what}"]
    evidence.case()
    vacuum = told_at(scene, psql("postgres", "SHOW autovacuum")).strip()
    wrong += [] if vacuum == "on" else [f"autovacuum is {vacuum}"]
    evidence.case()
    evidence.note(f"changes are kept: {told_at(scene, 'samdrift-pitr list').strip()}")
    assert not wrong, first(wrong)


@contextmanager
def ordered(scene: Scene, folder: Path) -> Iterator[Callable[[str], list[str]]]:
    """Order a database by the hall's stack file alone; yields what asks it as the system does, from its host, by TLS.

    Afterwards the order is withdrawn, and what it left is dropped as docs/database.md says.
    """
    stacks = folder / "stacks"
    shutil.copytree(scene.state.stacks, stacks)
    hall = scene.federation.hall
    file = stacks / Path(hall.file).name
    told = yaml.safe_load(file.read_text())
    one = {"name": NAME, "hosts": [SYSTEM_HOST], "why": "A check orders it, and takes it away again"}
    told["config"]["samdrift:stack"].setdefault("databases", []).append(one)
    file.write_text(yaml.safe_dump(told, allow_unicode=True))
    secret = scene.state.secret(f"database-{NAME}")

    def carried_out(around: dict[str, str]) -> None:
        verb("up", "--no-deploy", around=around)  # every stack: what is common to all has changed
        verb("deploy", HOST, around=around)

    def ask(query: str) -> list[str]:
        answer = scene.station(SYSTEM_HOST).ask(
            "postgres.attempt",
            address=scene.at(HOST).addresses[0],
            name=f"{HOST}.{hall.domain}",
            user=NAME,
            database=NAME,
            password=secret,
            query=query,
        )
        assert answer["step"] == "in", f"{SYSTEM_HOST} does not come in to what was ordered: {answer['said']}"
        return [str(row[0]) for row in answer["rows"]]

    try:
        carried_out({"SAMDRIFT_STACKS": str(stacks)})
        yield ask
    finally:
        carried_out({})
        told_at(scene, psql("postgres", f'DROP DATABASE IF EXISTS "{NAME}"; DROP ROLE IF EXISTS "{NAME}"'))


def words(scene: Scene, evidence: Evidence, when: str = "") -> list[str]:
    """The words in the database as it was then, by its system's own rights; the copy is dropped."""
    told = json.loads(told_at(scene, f"samdrift-pitr recover {NAME} {when}"))
    evidence.case()
    evidence.note(f"{told['database']} was made of the base backup {told['base']}")
    try:
        return told_at(
            scene, psql(told["database"], f'SET ROLE "{NAME}"; SELECT word FROM nonce ORDER BY word')
        ).split()
    finally:
        told_at(scene, psql("postgres", f'DROP DATABASE "{told["database"]}"'))


def psql(database: str, query: str) -> str:
    """The words of a shell that ask as the superuser."""
    each = " ".join(f"-c {shlex.quote(one.strip())}" for one in query.split(";") if one.strip())
    return f"cd / && runuser -u postgres -- psql -qAt -v ON_ERROR_STOP=1 -d {shlex.quote(database)} {each}"


def told_at(scene: Scene, line: str) -> str:
    """What a shell at the server says."""
    return run(scene.state, HOST, line, patience=600)


def measured(scene: Scene, question: str) -> list[object]:
    """What the monitor has measured."""
    url = f"http://127.0.0.1:9090/api/v1/query?query={quote(question)}"
    program = f"import urllib.request as u; print(u.urlopen({url!r}, timeout=20).read().decode())"
    found: list[object] = json.loads(run(scene.state, MONITOR, f"python3 -c {shlex.quote(program)}"))["data"]["result"]
    return found
