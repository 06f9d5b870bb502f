"""What a drill writes, loses and reads again, in each kind of system and always as a user of it.

Each probe runs on the host that keeps the system's data; secrets travel on standard input, never as an argument.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from samdrift.recovery.host import RecoveryError, run
from samdrift.recovery.restore import Kept
from samdrift.state import State

_DIRECTORY = """
import json, sys
from samba.auth import system_session
from samba.credentials import Credentials
from samba.param import LoadParm
from samba.samdb import SamDB
wanted = json.loads('''{wanted}''')
parameters = LoadParm(); parameters.load("/etc/samba/smb.conf")
def own():
    return SamDB(session_info=system_session(), lp=parameters, credentials=Credentials())
def as_user():
    who = Credentials(); who.guess(parameters)
    who.set_username(wanted["user"]); who.set_password(wanted["password"]); who.set_kerberos_state(0)
    return SamDB("ldap://127.0.0.1", lp=parameters, credentials=who)
def entry(db):
    found = db.search(str(db.domain_dn()), 2, "(sAMAccountName=%s)" % wanted["user"], ["description"])
    if not found: sys.exit("there is no account " + wanted["user"])
    return found[0]
"""
_WRITE = """
db = own()
db.newuser(wanted["user"], wanted["password"], description=wanted["word"], mailaddress=wanted.get("mail"),
           userou="OU=Staff,OU=%s,OU=Members" % wanted["member"])
# Nobody sits at the portal for it to accept the user agreement, without which mail does not open.
agreed = db.search("OU=Agreements," + str(db.domain_dn()), 1, "(objectClass=group)", ["sAMAccountName"])
for group in (wanted["member"] + "-staff", *(str(one["sAMAccountName"][0]) for one in agreed)):
    db.add_remove_group_members(group, [wanted["user"]], add_members_operation=True)
print(entry(as_user()).dn)
"""
_LOSE = "db = own(); db.delete(entry(db).dn)"
_READ = "print(entry(as_user())['description'][0])"
_IMAP = """
import imaplib, json, ssl, sys, time
wanted = json.loads('''{wanted}''')
def signed_in(seconds):
    end = time.monotonic() + seconds
    while True:
        box = imaplib.IMAP4_SSL(wanted["host"], 993, ssl_context=ssl.create_default_context())
        try:
            box.login(wanted["user"], wanted["password"])
            return box
        except imaplib.IMAP4.error:
            if time.monotonic() > end: raise
            time.sleep(2)
# The account was made a moment ago, and the store may ask the directory host that has not heard of it yet.
box = signed_in(60 if wanted["verb"] == "write" else 0)
def hits(folder):
    if box.select('"%s"' % folder, readonly=wanted["verb"] == "read")[0] != "OK": return []
    return box.search(None, "SUBJECT", '"%s"' % wanted["word"])[1][0].split()
if wanted["verb"] == "write":
    text = "From: drill@localhost\\r\\nTo: drill@localhost\\r\\nSubject: %s\\r\\n\\r\\ndrill\\r\\n" % wanted["word"]
    print(box.append("INBOX", None, imaplib.Time2Internaldate(time.time()), text.encode())[0])
elif wanted["verb"] == "lose":
    for number in hits("INBOX"): box.store(number, "+FLAGS", "\\\\Deleted")
    box.expunge()
else:
    names = [line.decode().rsplit(' "/" ', 1)[-1].strip('"') for line in box.list()[1]]
    print(wanted["word"] if any(hits(name) for name in names) else "")
"""


class Probe(Protocol):
    """A nonce in one system."""

    title: str

    @property
    def to(self) -> str | None:
        """Folder that it is restored to; None: where it was."""

    @property
    def what(self) -> tuple[str, ...]:
        """What is asked back of `samdrift restore`."""

    def write(self) -> None:
        """Put the nonce there."""

    def lose(self) -> None:
        """Delete it, as an accident does."""

    def read(self) -> bool:
        """Whether its user reads it."""


@dataclass
class Person:
    """An account of the directory that exists for a drill only, and carries a nonce itself.

    One of a member's staff: who is nobody's does not see even itself.
    """

    state: State
    host: str
    member: str
    mail: str | None = None
    title: str = "object of the directory"
    to: str | None = None
    user: str = field(default_factory=lambda: f"drill-{secrets.token_hex(4)}")
    password: str = field(default_factory=lambda: f"Sd1-{secrets.token_urlsafe(18)}", repr=False)
    word: str = field(default_factory=lambda: secrets.token_hex(12))

    @property
    def what(self) -> tuple[str, ...]:
        """The account's name."""
        return (self.user,)

    def write(self) -> None:
        """Make the account."""
        self._ask(_WRITE)

    def lose(self) -> None:
        """Delete it."""
        self._ask(_LOSE)

    def read(self) -> bool:
        """Sign in with its own password and read its own entry."""
        return self._ask(_READ) == self.word

    def _ask(self, program: str) -> str:
        wanted = {"user": self.user, "password": self.password, "word": self.word, "member": self.member}
        wanted |= {"mail": self.mail} if self.mail else {}
        text = _DIRECTORY.replace("{wanted}", json.dumps(wanted)) + program
        return run(self.state, self.host, "python3 -", given=text, patience=120).strip()


@dataclass
class SharedFile:
    """A file in the share that every computer of the domain reads, seen by a person through the share."""

    state: State
    host: str
    domain: str
    person: Person
    title: str = "file in a share"
    to: str | None = None
    word: str = field(default_factory=lambda: secrets.token_hex(12))

    @property
    def path(self) -> str:
        """Where it is on the host."""
        return f"/var/lib/samba/sysvol/{self.domain}/scripts/{self.person.user}.txt"

    @property
    def what(self) -> tuple[str, ...]:
        """The path."""
        return (self.path,)

    def write(self) -> None:
        """Write it."""
        run(self.state, self.host, f"umask 022; cat > {self.path}", given=self.word)

    def lose(self) -> None:
        """Remove it."""
        run(self.state, self.host, f"rm {self.path}")

    def read(self) -> bool:
        """Fetch it from the share with the person's own password."""
        login = f"username = {self.person.user}\npassword = {self.person.password}\n"
        line = (
            "f=$(mktemp); trap 'rm -f $f' EXIT; cat > $f; "
            f"smbclient //127.0.0.1/netlogon -A $f -c 'get {self.person.user}.txt /dev/stdout' 2>/dev/null"
        )
        return self.word in run(self.state, self.host, line, given=login)


@dataclass
class Message:
    """A message in a person's mailbox."""

    state: State
    host: str
    address: str
    person: Person
    title: str = "message in a mailbox"
    to: str | None = None
    word: str = field(default_factory=lambda: secrets.token_hex(12))

    @property
    def what(self) -> tuple[str, ...]:
        """The mailbox."""
        return (self.person.user,)

    def write(self) -> None:
        """Put it into the inbox."""
        if self._ask("write") != "OK":
            raise RecoveryError(f"{self.host} did not take the message")

    def lose(self) -> None:
        """Delete it for good."""
        self._ask("lose")

    def read(self) -> bool:
        """Look for it in every folder."""
        return self._ask("read") == self.word

    def _ask(self, verb: str) -> str:
        wanted = {"verb": verb, "host": self.address, "user": self.person.user, "password": self.person.password}
        text = _IMAP.replace("{wanted}", json.dumps({**wanted, "word": self.word}))
        return run(self.state, self.host, "python3 -", given=text, patience=120).strip()


@dataclass
class Row:
    """A row in a system's database. A database comes back whole: into one of its own here, not over the living one."""

    state: State
    host: str
    database: str
    title: str = "row in a database"
    word: str = field(default_factory=lambda: secrets.token_hex(12))
    what: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of the table, and of the database that it is restored to."""
        return f"drill_{self.word[:8]}"

    @property
    def to(self) -> str | None:
        """Folder that the dump is laid down in."""
        return f"/var/lib/samdrift/restored/{self.name}"

    def write(self) -> None:
        """Put it into a table of its own, as the system's own account."""
        make = f"CREATE TABLE {self.name} (word text); INSERT INTO {self.name} VALUES ('{self.word}');"
        self._ask(self.database, f'SET ROLE "{self.database}"; {make}')

    def lose(self) -> None:
        """Drop the table, and what a drill leaves."""
        self._ask(self.database, f"DROP TABLE IF EXISTS {self.name};")
        self._ask("postgres", f"DROP DATABASE IF EXISTS {self.name};")
        run(self.state, self.host, f"rm -rf {self.to}")

    def read(self) -> bool:
        """Load the dump into a database of its own and read there as the system's own account."""
        self._ask("postgres", f'CREATE DATABASE {self.name} OWNER "{self.database}";')
        dump = f"{self.to}/var/lib/samdrift/dump/database-{self.database}/{self.database}.dump"
        load = f"pg_restore --no-owner --role={self.database} -d {self.name}"
        run(self.state, self.host, f"runuser -u postgres -- {load} < {dump}")
        return self.word in self._ask(self.name, f'SET ROLE "{self.database}"; SELECT word FROM {self.name};')

    def _ask(self, database: str, text: str) -> str:
        return run(
            self.state,
            self.host,
            f"cd / && runuser -u postgres -- psql -qAt -v ON_ERROR_STOP=1 -d {database}",
            given=text,
        )


@contextmanager
def probes(
    state: State, kept: tuple[Kept, ...], *, domain: str, mail: dict[str, str]
) -> Iterator[dict[Kept, list[Probe]]]:
    """Give the probes of everything that is kept and has a kind of nonce; take away at the end what they left.

    `domain` is the directory's, `mail` each member's mail domain. A system without a probe is not in the answer.
    """
    directory = next((one for one in kept if one.system == "directory"), None)
    if directory is None or not mail:
        raise RecoveryError("no directory is kept, or it has no member: nobody can sign in to read anything back")
    found: dict[Kept, list[Probe]] = {}
    people = []
    for one in kept:
        if one.system == "mail" and one.member in mail:
            person = Person(state, directory.host, member=one.member)
            person.mail = f"{person.user}@{mail[one.member]}"
            store = f"{one.host}.{domain.partition('.')[2]}"
            found[one] = [Message(state, one.host, address=store, person=person)]
            people.append(person)
        if one.system.startswith("database-"):
            found[one] = [Row(state, one.host, database=one.system.removeprefix("database-"))]
    own = Person(state, directory.host, member=min(mail))
    found[directory] = [own, SharedFile(state, directory.host, domain=domain, person=own)]
    try:
        for person in people:
            person.write()
        yield found
    finally:
        for probe in [*people, *(probe for some in found.values() for probe in some)]:
            with contextlib.suppress(RecoveryError):  # gone already, or never made
                probe.lose()
