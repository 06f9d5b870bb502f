"""Two directory hosts: one domain, replicated, sysvol included."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

BOTH = pytest.mark.parametrize("host", ["dc1", "dc2"])
ROOT = "DC=ad,DC=osterlen,DC=example"

BIND = """
import ldb
from samba.credentials import Credentials
from samba.param import LoadParm
from samba.samdb import SamDB

parameters = LoadParm()
parameters.load("/etc/samba/smb.conf")
parameters.set("tls verify peer", "no_check")
who = Credentials()
who.set_bind_dn("CN=join,OU=Service,{root}")
who.set_password("{password}")
for url in ("ldaps://127.0.0.1", "ldap://127.0.0.1"):
    try:
        SamDB(url, credentials=who, lp=parameters)
        print(url, "in")
    except ldb.LdbError as error:
        print(url, "refused", error.args[0])
"""

GROUP, KEPT = "nonce-backup", "/var/tmp/kept"
WRITES = f"""
import json, os, subprocess, time
from ldb import FLAG_MOD_REPLACE, Dn, Message, MessageElement
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

settings = LoadParm()
settings.load_default()
directory = SamDB(session_info=system_session(), lp=settings)
directory.newgroup("{GROUP}")
os.makedirs("{KEPT}")
dump = json.load(open("/etc/samdrift/backup.d/directory.yaml"))["dump"]

change = Message(Dn(directory, "CN={GROUP},CN=Users,{ROOT}"))
change["description"] = MessageElement("afterwards", FLAG_MOD_REPLACE, "description")
directory.transaction_start()
directory.modify(change)
backup = subprocess.Popen(["sh", "-ec", dump], env={{**os.environ, "DUMP": "{KEPT}"}})
while not os.path.exists("/var/lib/samba/private/sam.ldb.bak-offline") and backup.poll() is None:
    time.sleep(0.01)
directory.transaction_commit()
assert backup.wait() == 0
"""


def secret(name: str) -> str:
    return (Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "secrets" / name).read_text()


@BOTH
def test_people_groups_and_units_are_on_both_hosts(on: Callable[..., str], host: str) -> None:
    people = on(host, "samba-tool user list").split()
    assert {"ystad.s2", "ystad.p3", "simrishamn.s1", "tomelilla.p1", "join"} <= set(people)
    assert "ystad.s3" not in people
    assert "ystad.s1" in on(host, "samba-tool group listmembers ystad-staff")
    assert "ystad-staff" in on(host, "samba-tool group listmembers all-staff")
    assert "OU=Workplaces,OU=ystad,OU=Members" in on(host, "samba-tool ou list")


@BOTH
def test_every_service_record_names_both_hosts(on: Callable[..., str], host: str) -> None:
    for name in ("_ldap._tcp", "_kerberos._udp"):
        found = on(host, f"dig +short @127.0.0.1 SRV {name}.ad.osterlen.example")
        assert "dc1.ad.osterlen.example." in found
        assert "dc2.ad.osterlen.example." in found


@BOTH
def test_the_database_has_no_fault_and_replication_none(on: Callable[..., str], host: str) -> None:
    assert "(0 errors)" in on(host, "samba-tool dbcheck --cross-ncs 2>&1")
    on(host, "systemctl is-active -q samba-ad-dc")
    assert on(host, "systemctl --failed --no-legend").strip() == ""


@pytest.mark.parametrize(("here", "there"), [("dc1", "dc2"), ("dc2", "dc1")])
def test_a_change_on_either_host_arrives_at_the_other_by_itself(on: Callable[..., str], here: str, there: str) -> None:
    """Within half a minute: somebody who changes a password at one host signs in by the other."""
    on(here, f"samba-tool group add nonce-{here}")
    wait = (
        f"for n in $(seq 30); do samba-tool group show nonce-{here} > /dev/null 2>&1 && exit 0; sleep 1; done; exit 1"
    )
    try:
        on(there, wait)
    finally:
        on(here, f"samba-tool group delete nonce-{here}")


def test_a_backup_and_a_change_do_not_wait_for_each_other(on: Callable[..., str]) -> None:
    """The change is written down when the backup begins, and wants to be committed before it ends."""
    on("dc1", f"timeout --kill-after=5 90 python3 - <<'E'\n{WRITES}E")
    assert "description: afterwards" in on("dc1", f"samba-tool group show {GROUP} --attributes=description")
    try:
        kept = on("dc1", f"ldbsearch -H {KEPT}/private/sam.ldb -b {ROOT} cn={GROUP} description")
        assert "description" not in kept.replace("cn=", "")
    finally:
        on("dc1", f"rm -rf {KEPT}; samba-tool group delete {GROUP}")


def test_a_password_is_asked_for_under_tls_only(on: Callable[..., str]) -> None:
    """The join account signs in over TLS; the same bind in clear text is refused before the password is looked at."""
    said = on("dc1", f"python3 - <<'E'\n{BIND.format(root=ROOT, password=secret('directory-join'))}\nE")
    assert "ldaps://127.0.0.1 in" in said
    assert "ldap://127.0.0.1 refused" in said


def test_sysvol_follows_its_owner(on: Callable[..., str]) -> None:
    """A script put on the owner arrives, with its owners and ACL; one made on the other host goes away."""
    path = "/var/lib/samba/sysvol/ad.osterlen.example/scripts"
    on("dc1", f"echo nonce > {path}/nonce.txt")
    on("dc2", f"echo stray > {path}/stray.txt && systemctl start samdrift-sysvol")
    assert on("dc2", f"cat {path}/nonce.txt").strip() == "nonce"
    on("dc2", f"test -e {path}/stray.txt", ok=False)
    shown = "getfattr -n security.NTACL --only-values {0} | sha256sum; stat -c '%u %g' {0}"
    top = "/var/lib/samba/sysvol/ad.osterlen.example"
    on("dc1", "which getfattr || apt-get -qq install -y attr > /dev/null")
    on("dc2", "which getfattr || apt-get -qq install -y attr > /dev/null")
    assert on("dc1", shown.format(top)) == on("dc2", shown.format(top))


def test_the_key_fetches_sysvol_and_nothing_else(on: Callable[..., str]) -> None:
    known = "-o UserKnownHostsFile=/var/lib/samba/private/samdrift-known-hosts"
    ask = f"ssh -i /etc/samdrift/sysvol_key -o BatchMode=yes {known} root@10.0.0.11"
    assert "root:" not in on("dc2", f"{ask} cat /etc/shadow 2>&1 || true")
    on("dc2", f"{ask} idmap | head -c 4 | grep -q TDB")


def test_no_secret_lies_open(on: Callable[..., str]) -> None:
    for host in ("dc1", "dc2"):
        for name in ("directory-administrator", "directory-join"):
            found = on(host, f"grep -rlsF -- '{secret(name)}' /etc /run /var/log /root /tmp | xargs -r stat -c '%a %n'")
            assert all(line.startswith("600 ") for line in found.splitlines()), found
        assert on(host, "ls /run/samdrift-administrator* 2>/dev/null || true") == ""
