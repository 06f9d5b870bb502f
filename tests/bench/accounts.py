"""The first import of a region's people and the delta of a day, beside plain adds on the directory host itself.

They are a member's that exists for the bench only: its unit in the directory, an export, and a copy of what the
accounts' host knows. The platform's own cycle waits meanwhile.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from samdrift.identity.hr import COLUMNS
from samdrift.identity.sample import people
from samdrift.recovery.host import run
from tests.bench.row import Row, timed
from tests.checks.host import changed, stopped
from tests.checks.scene import Scene

KEY, DOMAIN = "bench", "bench.example"
DIRECTORY, HOST = "dc1", "accounts"
PLACE = "/var/lib/samdrift/bench"
PLAIN = 500
"""Accounts of the reference: a rate does not need more."""
EVERY = 100
"""One of so many leaves, one comes and one moves to another unit in the delta: a working day after the holidays."""
LED = 25
"""People whom one leads. A leader's entry grows with each of them, and nobody leads a fifth of a region."""
PATIENCE_S = 7200.0
REMOVE = """
import sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
settings = LoadParm()
settings.load_default()
directory = SamDB(session_info=system_session(), lp=settings)
for kind in ("group", "user"):
    found = [one.dn for one in directory.search(sys.argv[1], 2, f"(objectClass={kind})", ["cn"])]
    for start in range(0, len(found), 200):
        directory.transaction_start()
        for name in found[start : start + 200]:
            directory.delete(name)
        directory.transaction_commit()
"""
"""Some at a time: a unit with 13,000 people, deleted at once, kept the directory shut for minutes, and failed then.

Groups first: of one with 18,000 members each who leaves took 0.8 s, as the whole list is written anew.
"""
PREPARE = f"""
set -e
rm -rf {PLACE}; mkdir -p -m 711 {PLACE}
cp -a /var/lib/samdrift/accounts {PLACE}/state; cp -a /srv/registers {PLACE}/registers
mkdir -p {PLACE}/registers/{KEY}/hr
python3 -c '
import json, sys
found = json.load(open("/etc/samdrift/accounts.json"))
found["members"].append(json.load(sys.stdin))
found |= {{"registers": "{PLACE}/registers", "state": "{PLACE}/state"}}
json.dump(found, open("{PLACE}/accounts.json", "w"))'
chown accounts {PLACE}/accounts.json; chmod 600 {PLACE}/accounts.json
"""


def measure(scene: Scene, number: int) -> Iterator[Row]:
    """Import `number` people, then change some, then nothing."""
    state = scene.state
    base = ",".join(f"DC={label}" for label in scene.federation.hall.ad_domain.split("."))
    with stopped(scene, HOST, "samdrift-accounts.timer"), unit_made(scene, base), prepared(scene):
        line = "ldbadd -H /var/lib/samba/private/sam.ldb > /dev/null"
        plain = timed(lambda: run(state, DIRECTORY, line, given=ldif(base), patience=PATIENCE_S))
        rows = export(number)
        deliver(scene, rows)
        first, joined = cycle(scene)
        came = sum(one["verb"] == "join" for one in joined["changes"])
        yield Row(
            f"first import of {came} people", "a second", came / first,
            f"plain ldbadd of {PLAIN} on {DIRECTORY}", PLAIN / plain,
        )  # fmt: skip
        deliver(scene, day_after(rows))
        delta, moved = cycle(scene)
        quiet, none = cycle(scene)
        if none["changes"]:
            raise OSError(f"a cycle after the last one still changes {none['changes'][:3]}")
        came, went = (sum(one["verb"] == verb for one in moved["changes"]) for verb in ("join", "leave"))
        yield Row(
            f"delta: {came} come, {went} go, {len(moved['changes']) - came - went} other changes", "s", delta,
            "a cycle without a change", quiet,
        )  # fmt: skip


def ldif(base: str) -> str:
    """Accounts as small as the directory takes them."""
    return "\n".join(
        f"dn: CN=plain{number},OU=Staff,OU={KEY},OU=Members,{base}\nobjectClass: user\nsAMAccountName: plain{number}\n"
        for number in range(PLAIN)
    )


@contextmanager
def unit_made(scene: Scene, base: str) -> Iterator[None]:
    """Give the directory a unit for the member, as for every other, and take it away with all who are in it."""

    def with_it(text: str) -> str:
        found = json.loads(text)
        found["members"].append({"key": KEY, "name": KEY.capitalize(), "domain": DOMAIN})
        return json.dumps(found, ensure_ascii=False)

    unit = f"OU={KEY},OU=Members,{base}"
    try:
        with changed(scene, DIRECTORY, "/etc/samdrift/directory.json", with_it):
            run(scene.state, DIRECTORY, "samdrift-directory apply", patience=PATIENCE_S)
            yield
    finally:
        run(scene.state, DIRECTORY, f"python3 - {unit}", given=REMOVE, patience=PATIENCE_S)
        line = f"samba-tool ou delete {unit} --force-subtree-delete"
        run(scene.state, DIRECTORY, line, patience=PATIENCE_S)


@contextmanager
def prepared(scene: Scene) -> Iterator[None]:
    """Lay a copy of the accounts' settings, registers and memory down, with the member among them."""
    member = {
        "key": KEY,
        "name": KEY.capitalize(),
        "domain": DOMAIN,
        "sample": None,
        "school": None,
        "school_token": "",
    }
    try:
        run(scene.state, HOST, PREPARE, given=json.dumps(member))
        yield
    finally:
        run(scene.state, HOST, f"rm -rf {PLACE}")


def export(number: int) -> list[dict[str, str]]:
    """Return the rows of `number` invented employees."""
    text = people.export(KEY, DOMAIN, number, today=date.today())
    rows = [*csv.DictReader(io.StringIO(text), delimiter=";")][:number]
    return [row | {"manager": rows[place - place % LED]["id"] if place % LED else ""} for place, row in enumerate(rows)]


def day_after(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Some have left, as many are new, as many are in another unit."""
    units = [unit for unit, _ in people.UNITS]
    found = []
    for number, row in enumerate(rows, start=1):
        place = number % EVERY
        if place == 3:  # not the first of `LED`, who leads
            continue
        if place == 2 and row["unit"]:
            found.append(row | {"unit": units[(units.index(row["unit"]) + 1) % len(units)]})
        else:
            found.append(row)
    new = [row | {"id": f"n{row['id']}", "mail": ""} for row in rows[3::EVERY]]
    return found + new


def deliver(scene: Scene, rows: list[dict[str, str]]) -> None:
    """Put the export in place."""
    text = io.StringIO(newline="")
    sheet = csv.DictWriter(text, COLUMNS, delimiter=";", lineterminator="\n")
    sheet.writeheader()
    sheet.writerows(rows)
    run(scene.state, HOST, f"cat > {PLACE}/registers/{KEY}/hr/hr.csv", given=text.getvalue())


def cycle(scene: Scene) -> tuple[float, dict[str, Any]]:
    """Have a cycle for the member; return its seconds, start of the program included, and what it told."""
    line = f"samdrift-accounts apply --config {PLACE}/accounts.json --member {KEY} --override bench --json"
    told: list[str] = []
    seconds = timed(lambda: told.append(run(scene.state, HOST, line, patience=PATIENCE_S)))
    return seconds, json.loads(told[0])
