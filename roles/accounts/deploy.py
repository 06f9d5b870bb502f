"""Install, configure and activate the host that reads the registers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation
from pyinfra.api.deploy import deploy
from pyinfra.operations import files, server

from roles.accounts.settings import Settings
from roles.operations import backup, file, package, unit, upkeep

TEMPLATES = Path(__file__).parent / "templates"
SOURCE = Path(__file__).resolve().parents[2] / "platform" / "samdrift"
"""Where the rules' program is written; it runs on the host with what Debian packages."""
PROGRAM = "/usr/local/lib/samdrift/samdrift"
PACKAGES = ("ca-certificates", "openssh-sftp-server", "python3-httpx", "python3-ldap3", "python3-minimal", "tzdata")
USER = "accounts"
CONFIG, STATE, REGISTERS = "/etc/samdrift/accounts.json", "/var/lib/samdrift/accounts", "/srv/registers"
KEYS = "/etc/samdrift/registers"
PORT = 2222
"""Where exports come in."""
TIMER, SCHOOL = "samdrift-accounts.timer", "samdrift-school.service"


@deploy("accounts: install")
def install(settings: Settings) -> None:
    """What the rules' program needs."""
    package.installed(name="Clients of directory and registers", names=PACKAGES)


@deploy("accounts: configure")
def configure(settings: Settings) -> None:
    """The program, who may read what, and where the registers come in."""
    values: dict[str, object] = {"settings": settings, "program": PROGRAM, "state": STATE, "user": USER}
    values |= {"registers": REGISTERS, "keys": KEYS, "port": PORT}

    def rendered(name: str, dest: str, **options: object) -> None:
        file.rendered(name=name, dest=dest, templates=TEMPLATES, values=values, **options)

    server.user(
        name="The program runs as a user of its own", user=USER, system=True, home=STATE, shell="/usr/sbin/nologin",
        create_home=False,
        ensure_home=False,  # pyinfra would give the folder to the user
    )  # fmt: skip
    for path, text in program().items():
        file.written(name=f"Rules' program: {path}", dest=f"{PROGRAM}/{path}", text=text, mode="644", units=[SCHOOL])
    rendered("The program's name", "/usr/local/sbin/samdrift-accounts", mode="755")
    file.written(
        name="Directory, rules and members",
        dest=CONFIG,
        text=json.dumps(
            settings.config(ca_file=CA_FILE, registers=REGISTERS, state=STATE), ensure_ascii=False, indent=1
        ),
        mode="640",
        owner=f"root:{USER}",
        units=[SCHOOL],
    )
    files.directory(name="What a cycle must remember", path=STATE, user=USER, group=USER, mode="700")
    files.directory(name="Registers", path=REGISTERS, user="root", group="root", mode="755")
    for member in settings.members:
        _delivery(member)
    rendered(
        "A register comes in by SFTP and nothing else does",
        "/etc/ssh/sshd_config.d/30-accounts.conf",
        check="mkdir -p /run/sshd && sshd -t -f {}",
        units=["ssh.service"],
        reload=True,
    )
    for name in ("samdrift-accounts.service", TIMER):
        rendered(f"A cycle every {settings.minutes} minutes: {name}", f"/etc/systemd/system/{name}", units=[TIMER])
    if settings.samples:
        rendered("Stub of a school register", f"/etc/systemd/system/{SCHOOL}", units=[SCHOOL])
    backup.declared(system="accounts", paths=[STATE, REGISTERS])


CA_FILE = "/etc/ssl/certs/ca-certificates.crt"
"""The system's roots, the federation's own among them."""


def program() -> dict[str, str]:
    """Return the files of the rules' program: path below `samdrift` -> text."""
    found = [SOURCE / "__init__.py", *sorted((SOURCE / "identity").rglob("*"))]
    return {str(path.relative_to(SOURCE)): path.read_text() for path in found if path.suffix in (".py", ".txt")}


def _delivery(member: dict[str, Any]) -> None:
    """A folder that the member's own system writes into, with a key of its own and no way out."""
    user, folder = f"hr-{member['key']}", f"{REGISTERS}/{member['key']}"
    server.user(
        name=f"{member['name']} delivers as {user}", user=user, system=True, home="/nonexistent",
        shell="/usr/sbin/nologin",
        create_home=False,
        ensure_home=False,  # pyinfra would give the folder to the user
    )  # fmt: skip
    # sshd shuts nobody into a folder that somebody else than root could change.
    files.directory(name=f"Registers of {member['name']}", path=folder, user="root", group="root", mode="755")
    # What is put in belongs to the group that reads it, whoever puts it in.
    files.directory(name=f"Exports of {member['name']}", path=f"{folder}/hr", user=user, group=USER, mode="2750")
    file.written(name=f"Key of {user}", dest=f"{KEYS}/{user}", text=f"{member['hr_key']}\n", mode="644")


@deploy("accounts: activate")
def activate(settings: Settings) -> None:
    """Sample registers where they are asked for, the first cycle at once, the others by the timer."""
    unit.running(name="SSH takes exports", unit="ssh.service")
    if settings.samples:
        sampled(name="Sample registers", members=[one for one in settings.members if one["sample"]])
        unit.running(name="Stub of a school register", unit=SCHOOL)
    upkeep.applied(
        name="Accounts are as registers and rules say",
        look=f"if [ -e {STATE}/ledger.json ]; then samdrift-accounts lacking; else echo first; fi",
        # A register at fault is its member's to mend, and stops no deploy.
        apply="samdrift-accounts apply || [ $? -eq 1 ]",
        whole="accounts are as they shall be",
    )
    unit.running(name="Cycle of accounts", unit=TIMER)


class Sampled(FactBase):
    """Size of each member's sample that is there: `{"ystad": {"staff": 60, "pupils": 240}}`."""

    default = dict

    def command(self) -> str:
        return f'for f in {REGISTERS}/*/sample.json; do [ ! -e "$f" ] || echo "$f $(cat "$f")"; done'

    def process(self, output: list[str]) -> dict[str, dict[str, int]]:
        return {Path(line.split()[0]).parent.name: json.loads(line.partition(" ")[2]) for line in output}


@operation()
def sampled(*, members: list[dict[str, Any]]) -> Iterator[Any]:
    """Make the invented registers of members that name a size; those of this size stay as people have changed them."""
    found = host.get_fact(Sampled)
    if all(found.get(member["key"]) == member["sample"] for member in members):
        host.noop("the sample registers are there")
        return
    yield StringCommand("/usr/local/sbin/samdrift-accounts sample")
