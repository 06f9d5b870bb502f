"""The backup store, what a client can do there, the vault's copy, and things that come back."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

On = Callable[..., str]

# borg itself, as somebody uses it who has taken the client over.
INTRUDER = """
told() { python3 -c "import json; print(json.load(open('/etc/borgmatic.d/directory.yaml'))$1)"; }
export BORG_RSH="$(told '["ssh_command"]')" BORG_REPO="$(told '["repositories"][0]["path"]')"
export BORG_BASE_DIR=/var/lib/samdrift/borg BORG_PASSCOMMAND="samdrift-backup passphrase directory"
export BORG_REMOTE_PATH="keep:directory/${BORG_REPO##*/}"
"""
PERSON = """
import sys
from samba.auth import system_session
from samba.credentials import Credentials
from samba.param import LoadParm
from samba.samdb import SamDB
parameters = LoadParm(); parameters.load("/etc/samba/smb.conf")
verb, user, password = sys.argv[1], "anna.prov", sys.stdin.readline().strip()
own = SamDB(session_info=system_session(), lp=parameters, credentials=Credentials())
if verb == "make":
    own.newuser(user, password, description="nonce-1")
    own.add_remove_group_members("all-staff", [user], add_members_operation=True)
elif verb == "delete":
    own.deleteuser(user)
else:
    who = Credentials(); who.guess(parameters); who.set_username(user); who.set_password(password)
    who.set_kerberos_state(0)
    db = SamDB("ldap://127.0.0.1", lp=parameters, credentials=who)
    found = db.search(str(db.domain_dn()), 2, "(sAMAccountName=%s)" % user)[0]
    sid = own.schema_format_value("objectSid", found["objectSid"][0]).decode()
    print(found["description"][0], found["memberOf"][0], sid)
"""
PASSWORD = "Sd1-molecule-9f2c7a"


def person(on: On, verb: str, *, ok: bool = True) -> str:
    on("dc1", f"cat > /root/person.py <<'END'\n{PERSON}\nEND")
    return on("dc1", f"python3 /root/person.py {verb} <<< {PASSWORD}", ok=ok)


def archives(on: On) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(on("dc1", "samdrift-backup list directory"))
    return found


def state(on: On, host: str, file: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(on(host, f"cat /var/lib/samdrift/{file}"))
    return found


def carry(given: str, taken: str) -> None:
    """Give what a command on the vault prints to one on dc1, as the engineer does it."""
    config = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "ssh" / "config"
    with subprocess.Popen(["ssh", "-F", config, "vault", given], stdout=subprocess.PIPE) as source:
        subprocess.run(["ssh", "-F", config, "dc1", taken], stdin=source.stdout, check=True, timeout=120)
    assert source.returncode == 0


@contextmanager
def stopped(on: On, host: str, unit: str) -> Iterator[None]:
    """The unit does not run meanwhile."""
    on(host, f"systemctl stop {unit}")
    try:
        yield
    finally:
        on(host, f"systemctl start {unit}")


@contextmanager
def full(on: On) -> Iterator[None]:
    """Somebody else's file takes the store's last room."""
    room = "$(( $(df --output=avail -B1 /srv | tail -1) - (200 << 20) ))"
    on("backup", f"fallocate -l {room} /srv/somebody")
    try:
        yield
    finally:
        on("backup", "rm -f /srv/somebody")


def test_backup_runs_and_says_so(on: On) -> None:
    on("dc1", "systemctl start samdrift-backup.service")
    last = state(on, "dc1", "backup/directory.json")
    assert last["ok"] and last["files"] > 10 and last["bytes"] > 1 << 20
    assert archives(on)[-1]["archive"] == last["archive"]
    assert on("dc1", "ls -A /var/lib/samdrift/dump") == "", "the dump holds every password's hash"
    on("backup", "samdrift-tend")
    kept = state(on, "backup", "store.json")["repositories"]
    assert [(one["host"], one["system"]) for one in kept if one["bytes"] > 0] == [("dc1", "directory")]
    assert "samdrift-backup.timer" in on("dc1", "systemctl list-timers --no-pager")


def test_the_store_shows_nothing_in_the_clear(on: On) -> None:
    on("backup", "! grep -rqa -e osterlen -e Administrator /srv/backup/dc1/directory/*/data")
    # nor to another client, nor to anybody of the host but the vault
    on("backup", "runuser -u nobody -- ls /srv/backup/dc1", ok=False)
    on("backup", "runuser -u vault -- cat /srv/backup/dc1/directory/*/config")


@pytest.mark.parametrize(
    "asked", ["rm -rf /srv/backup", "keep:../pki/2026-01-01 serve", "borg serve", "rsync --server . /srv"]
)
def test_whatever_a_client_asks_for_it_gets_the_door(on: On, asked: str) -> None:
    on("dc1", f"{INTRUDER} $BORG_RSH borg-dc1@10.0.0.18 '{asked}' 2>&1 | grep 'is not offered here'")
    on("dc1", f"{INTRUDER} $BORG_RSH root@10.0.0.18 true 2>/dev/null", ok=False)
    on("dc1", f"{INTRUDER} $BORG_RSH vault@10.0.0.18 true 2>/dev/null", ok=False)


def test_a_deleted_object_comes_back_with_its_password(on: On) -> None:
    person(on, "make")
    before = person(on, "read")
    on("dc1", "samdrift-backup cycle directory")
    refused = on("dc1", "samdrift-backup restore directory anna.prov 2>&1", ok=False)
    assert "is not deleted, and nothing was changed" in refused
    person(on, "delete")
    person(on, "read", ok=False)
    on("dc1", "samdrift-backup restore directory anna.prov")
    assert person(on, "read") == before, "another object, or not in its group again"
    assert "0 errors" in on("dc1", "samba-tool dbcheck --cross-ncs 2>&1")


def test_a_deleted_file_comes_back(on: On) -> None:
    file = "/var/lib/samba/sysvol/ad.osterlen.example/scripts/anna.txt"
    on("dc1", f"echo nonce-2 > {file} && samdrift-backup cycle directory && rm {file}")
    on("dc1", f"samdrift-backup restore directory {file}")
    assert on("dc1", f"cat {file}") == "nonce-2\n"
    assert "is not overwritten" in on("dc1", f"samdrift-backup restore directory {file} 2>&1", ok=False)


def test_the_vault_fetches_what_the_store_has(on: On) -> None:
    on("vault", "systemctl start samdrift-vault.service")
    told = state(on, "vault", "vault.json")
    assert told["held"] == {} and told["error"] is None and next(iter(told["fetched"])).startswith("dc1/directory/")
    with stopped(on, "backup", "samdrift-store.service"):
        on("dc1", "rm -rf /root/copy && mkdir /root/copy")
        carry("samdrift-vault give dc1/directory", "tar -C /root/copy -xf -")
        told = json.loads(on("dc1", "samdrift-backup restore directory --from /root/copy --to /root/restored"))
    assert told["files"] > 10 and on("dc1", "ls /root/restored/var/lib/samba/sysvol/ad.osterlen.example/scripts")
    assert on("vault", "find /srv/vault/snapshots -perm /077").strip() == "", "the copy is nobody else's to read"


def heard(on: On, *, ok: bool) -> str:
    """What the hall hears of the vault: the last words of its unit, which is well or has failed."""
    on("backup", "systemctl start samdrift-heard.service 2>/dev/null", ok=ok)
    return on("backup", "journalctl -q -I -u samdrift-heard.service -o cat --no-pager")


def test_who_is_silent_is_heard_too(on: On) -> None:
    """Somebody who takes the hall over may keep the vault from saying anything."""
    folder = "/var/lib/samdrift-said"
    on("backup", f"mv {folder}/vault.json {folder}/kept && touch -d '-14 hours' {folder}")
    assert "the vault has said nothing for 14 hours" in heard(on, ok=False)
    on("backup", f"mv {folder}/kept {folder}/vault.json && touch -d '-14 hours' {folder}/vault.json")
    assert "the vault has said nothing for 14 hours" in heard(on, ok=False)
    on("vault", "systemctl start samdrift-vault.service")
    heard(on, ok=True)


@pytest.mark.parametrize(
    "said", ["", "[]", '{"held": {}}', '{"held": {"a": 1}, "error": null}', '{"held": 1, "error": null}']
)
def test_what_is_no_word_of_the_copy_is_not_kept(on: On, said: str) -> None:
    way = "ssh -F none -p 2222 -i /etc/samdrift/vault/key -o IdentitiesOnly=yes -o HostKeyAlias=samdrift-store"
    way += " -o UserKnownHostsFile=/etc/samdrift/vault/known_hosts vault@10.0.0.18"
    before = on("backup", "cat /var/lib/samdrift-said/vault.json")
    assert "says nothing of the copy" in on("vault", f"{way} tell 2>&1 <<< '{said}'", ok=False)
    assert on("backup", "cat /var/lib/samdrift-said/vault.json") == before


def test_a_client_that_deletes_is_held_by_the_vault(on: On) -> None:
    """Borg lets it, the store's copy loses its list, and the vault keeps what it had and says so."""
    heard(on, ok=True)
    before = [one["archive"] for one in archives(on)]
    on("dc1", f"{INTRUDER} borg delete $BORG_REPO::{before[0]} && borg compact $BORG_REPO")
    assert [one["archive"] for one in archives(on)] == before[1:]
    on("vault", "systemctl start samdrift-vault.service 2>/dev/null", ok=False)
    held = state(on, "vault", "vault.json")["held"]
    assert ["its list of archives shrank" in reason for reason in held.values()] == [True]
    assert f"the vault holds {next(iter(held))}: its list of archives shrank" in heard(on, ok=False)
    # The whole repository cannot be deleted at all.
    on("dc1", f"{INTRUDER} BORG_DELETE_I_KNOW_WHAT_I_AM_DOING=YES borg delete $BORG_REPO 2>/dev/null", ok=False)


def test_a_full_store_is_a_named_error_and_no_half_archive(on: On) -> None:
    before = archives(on)
    with full(on):
        on("dc1", "systemctl start samdrift-backup.service 2>/dev/null", ok=False)
        last = state(on, "dc1", "backup/directory.json")
        assert not last["ok"] and last["error"].startswith("samdrift-store: the backup store is full")
        assert last["succeeded"], "when the last good one was is still known"
        on("backup", "samdrift-tend 2>/dev/null", ok=False)
        assert state(on, "backup", "store.json")["full"]
        assert archives(on) == before, "reading goes on"
    on("dc1", "samdrift-backup cycle directory")
    assert len(archives(on)) == len(before) + 1


def test_a_store_that_fills_up_on_the_way_keeps_its_reserve(on: On) -> None:
    """The door lets a client add only what leaves the reserve; what it began and did not finish goes away again."""
    kept = {"system": "probe", "member": None, "paths": ["/srv/probe"], "dump": None, "restore": None}
    on("dc1", f"mkdir -p /srv/probe && echo '{json.dumps(kept)}' > /etc/samdrift/backup.d/probe.yaml")
    reserve, room = "$(df --output=size -B1 /srv | tail -1) / 10", 40 << 20
    on("backup", f"fallocate -l $(( $(df --output=avail -B1 /srv | tail -1) - {reserve} - {room} )) /srv/somebody")
    try:
        on("dc1", "dd if=/dev/urandom of=/srv/probe/big bs=1M count=80 2>/dev/null")
        on("dc1", "samdrift-backup cycle probe 2>/dev/null", ok=False)
        assert "quota" in state(on, "dc1", "backup/probe.json")["error"].lower()
        assert json.loads(on("dc1", "samdrift-backup list probe")) == []
        on("dc1", "truncate -s 1M /srv/probe/big && samdrift-backup cycle probe")
    finally:
        on("backup", "rm -f /srv/somebody")
        on("dc1", "rm -f /etc/samdrift/backup.d/probe.yaml")
    assert int(on("backup", "du -sm /srv/backup/dc1/probe").split()[0]) < 5, "the unfinished archive is still there"
