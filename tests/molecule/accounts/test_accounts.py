"""Registers become people of the directory: joiners, movers, leavers, and what stops a cycle."""

import json
import shlex
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.molecule.accounts.hand import HR, PEOPLE, secret, to, write

On = Callable[..., str]


def cycle(on: On, *words: str, ok: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        on("accounts", shlex.join(["samdrift-accounts", "apply", "--json", *words]), ok=ok)
    )
    return found


@pytest.fixture
def export(on: On) -> Iterator[Callable[[str, str], None]]:
    """`export(old, new)`: change Ystad's HR export; it is put back, and applied, afterwards."""
    before = on("accounts", f"cat {HR}")

    def change(old: str, new: str) -> None:
        text = on("accounts", f"cat {HR}")
        assert old in text
        write(text.replace(old, new))

    yield change
    write(before)
    cycle(on)


def test_every_target_group_is_in_its_unit(on: On) -> None:
    for name, unit in (("s1", "Staff"), ("e1", "Elected"), ("k1", "External"), ("c1", "External"), ("p1", "Pupils")):
        assert f"CN=ystad.{name},OU={unit},OU=ystad," in on("dc1", f"samba-tool user show ystad.{name} --attributes=dn")
    assert "all-staff" in on("dc1", "samba-tool group listmembers service-workplace-adm")
    assert "ystad.p1\n" in on("dc1", "samba-tool group listmembers ystad-class-norra-skolan-1a")
    assert json.loads(on("accounts", "samdrift-accounts plan --json"))["changes"] == []


def test_the_cycle_runs_by_itself_and_as_nobody_of_importance(on: On) -> None:
    assert on("accounts", "systemctl is-enabled samdrift-accounts.timer").strip() == "enabled"
    on("accounts", "systemctl start samdrift-accounts.service")
    assert on("accounts", "systemctl show -p User --value samdrift-accounts.service").strip() == "accounts"
    assert on("accounts", "systemctl show -p Result --value samdrift-accounts.service").strip() == "success"


def test_joiner_mover_and_leaver(on: On, export: Callable[[str, str], None]) -> None:
    export("\ns2;", "\nq1;;Nonce;Probe;employee;Vård och omsorg;Undersköterska;;;;;\ns2;")
    assert {one["verb"] for one in cycle(on)["changes"]} == {"join", "members"}
    first = on("dc1", "samba-tool user show ystad.q1 --attributes=objectSid,mail,department")
    assert "mail: nonce.probe@ystad.example" in first
    export("Vård och omsorg;Undersköterska;;;;;\ns2;", "Kultur och fritid;Enhetschef;;;;;\ns2;")
    cycle(on)
    groups = on("dc1", "samba-tool user getgroups ystad.q1")
    assert {"ystad-staff", "ystad-role-manager", "ystad-unit-kultur-och-fritid"} <= set(groups.split())
    assert "ystad-unit-vard-och-omsorg" not in groups
    assert on("dc1", "samba-tool user show ystad.q1 --attributes=objectSid,mail,department") == first
    export("\nq1;;Nonce;Probe;employee;Kultur och fritid;Enhetschef;;;;;\n", "\n")
    assert [one["verb"] for one in cycle(on)["changes"] if one["name"] == "ystad.q1"] == ["leave"]
    assert "userAccountControl: 514" in on("dc1", "samba-tool user show ystad.q1")
    assert "ystad" not in on("dc1", "samba-tool user getgroups ystad.q1")
    assert len(on("accounts", "grep -F ystad.q1 /var/lib/samdrift/accounts/journal.jsonl").splitlines()) >= 3


def test_a_fault_holds_one_member_and_no_other(on: On, export: Callable[[str, str], None]) -> None:
    export("\ns2;", "\nq2;;Nonce;Probe;employer;;;;;;;\ns2;")
    export("Enhetschef", "Chef")
    found = cycle(on, ok=False)
    assert len(found["faults"]) == 1
    assert "ystad/hr.csv:3 group: 'employer'" in found["faults"][0]
    assert found["changes"] == []


def test_an_address_in_two_members_is_refused_to_both(on: On, export: Callable[[str, str], None]) -> None:
    export("\ns2;", "\nq3;;Nonce;Probe;employee;;;;;;birgitta.bjork.s1@simrishamn.example;\ns2;")
    faults = cycle(on, ok=False)["faults"]
    assert len(faults) == 2
    assert all("birgitta.bjork.s1@simrishamn.example" in one for one in faults)
    assert {one.split("/")[0] for one in faults} == {"simrishamn", "ystad"}


def test_the_guard_holds_a_crowd_until_there_is_a_reason(on: On) -> None:
    before = on("accounts", f"cat {HR}")
    rows = before.splitlines(keepends=True)
    try:
        write("".join(rows[:3]))
        found = cycle(on, ok=False)
        assert "ystad" in found["guarded"]
        assert found["done"] == 0
        assert cycle(on, "--member", "ystad", "--override", "a test of the guard")["done"] > 10
        assert "a test of the guard" in on("accounts", "tail -n 100 /var/lib/samdrift/accounts/journal.jsonl")
    finally:
        write(before)
        cycle(on)
    assert "userAccountControl: 512" in on("dc1", "samba-tool user show ystad.s12")


def test_what_is_changed_by_hand_is_reverted_and_told(on: On) -> None:
    edit = f"dn: CN=ystad.s12,OU=Staff,OU=ystad,{PEOPLE}\nchangetype: modify\nreplace: division\ndivision: by hand\n"
    assert to("dc1", "ldbmodify -H /var/lib/samba/private/sam.ldb", edit).returncode == 0
    on("dc1", "samba-tool group addmembers ystad-elected ystad.s12")
    verbs = {(one["verb"], one["name"]) for one in cycle(on)["changes"]}
    assert ("revert", "ystad.s12") in verbs
    assert ("revert-members", "ystad-elected") in verbs
    assert "by hand" in on("accounts", "grep -F '\"revert\"' /var/lib/samdrift/accounts/journal.jsonl | tail -n 1")


def test_who_signs_in_where(on: On, password: str) -> None:
    """The services' groups decide at the workplace: staff sit there, pupils and elected representatives do not."""
    check = "sss_cache -E; sssctl user-checks -a acct -s sshd {} 2>&1 | grep pam_acct_mgmt"
    assert "Success" in on("ystad-adm", check.format("ystad.s12"))
    for person in ("ystad.p1", "ystad.e1", "ystad.c1"):
        assert "denied" in on("ystad-adm", check.format(person)), person


def test_a_leavers_open_session_ends(on: On, export: Callable[[str, str], None]) -> None:
    for person, unit in (("ystad.s12", "nonce-session"), ("ystad.s1", "nonce-other")):
        on("ystad-adm", f"systemd-run --uid=$(id -u {person}) --unit={unit} sleep 600")
    try:
        row = next(line for line in on("accounts", f"cat {HR}").splitlines() if line.startswith("s12;"))
        export(f"{row}\n", "")
        cycle(on)
        on("ystad-adm", "systemctl start samdrift-sessions.service")
        on("ystad-adm", "systemctl is-active -q nonce-session", ok=False)
        on("ystad-adm", "systemctl is-active -q nonce-other")
    finally:
        on(
            "ystad-adm",
            "systemctl stop nonce-session nonce-other 2>/dev/null; systemctl reset-failed 2>/dev/null; true",
        )


def test_an_export_comes_in_by_sftp_and_its_key_opens_nothing_else(on: On) -> None:
    key = "/root/hr-key"
    assert to("ystad-adm", f"umask 077; cat > {key}", secret("hr-ystad.ed25519")).returncode == 0
    options = f"-i {key} -o BatchMode=yes -o StrictHostKeyChecking=no -P 2222"
    export_text = on("accounts", f"cat {HR}")
    assert to("ystad-adm", "cat > /root/hr.csv", export_text).returncode == 0
    done = to(
        "ystad-adm", f"sftp {options} hr-ystad@10.0.0.21", "put /root/hr.csv new.csv\nrename new.csv hr.csv\nls -l\n"
    )
    assert done.returncode == 0, done.stderr
    assert on("accounts", f"cat {HR}") == export_text
    on("accounts", "runuser -u accounts -- cat /srv/registers/ystad/hr/hr.csv > /dev/null")
    outside = to("ystad-adm", f"sftp {options} hr-ystad@10.0.0.21", "ls /etc\nget /../../etc/passwd\n")
    assert "samdrift" not in outside.stdout
    shell = to("ystad-adm", f"ssh {options.replace('-P', '-p')} hr-ystad@10.0.0.21 id")
    assert "uid=" not in shell.stdout
    other = to("ystad-adm", f"sftp {options} hr-tomelilla@10.0.0.21", "ls\n")
    assert other.returncode != 0


@pytest.mark.parametrize("name", ["directory-accounts", "accounts-person", "school-ystad"])
def test_no_secret_lies_open(on: On, name: str) -> None:
    places = f"grep -rlsF -- '{secret(name)}' /etc /run /var/log /root /tmp /srv"
    assert (
        on("accounts", f"{places} | xargs -r stat -c '%a %U:%G %n'")
        == "640 root:accounts /etc/samdrift/accounts.json\n"
    )
