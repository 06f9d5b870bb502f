"""Who sees whom: people of their own member, as their kind may, and nobody a protected identity."""

from collections.abc import Callable

import pytest

from tests.molecule.accounts.hand import PEOPLE, ROOT, secret, seen, to

On = Callable[..., str]


def members_in(names: set[str]) -> set[str]:
    """Keys of the members below whose units these are."""
    return {one.removesuffix(f",{PEOPLE}").rsplit("OU=", 1)[-1] for one in names if one.endswith(PEOPLE)} - {PEOPLE[3:]}


def test_nobody_looks_into_another_member(password: str) -> None:
    staff = seen("ystad.s1", password)
    assert f"CN=ystad.s12,OU=Staff,OU=ystad,{PEOPLE}" in staff, "its own member's people are found"
    assert f"CN=ystad.p1,OU=Pupils,OU=ystad,{PEOPLE}" in staff
    for expression in ("(objectClass=user)", "(objectClass=group)", "(objectClass=organizationalUnit)"):
        assert members_in(seen("ystad.s1", password, expression=expression)) == {"ystad"}, expression


def test_not_even_by_the_whole_name(password: str) -> None:
    name = f"CN=tomelilla.s1,OU=Staff,OU=tomelilla,{PEOPLE}"
    assert seen("tomelilla.s1", password, base=name) == {name}
    assert seen("ystad.s1", password, base=name) == set()
    assert seen("ystad.s1", password, expression="(sAMAccountName=tomelilla.s1)") == set()


def test_pupils_find_teachers_and_no_pupils(password: str) -> None:
    pupil = seen("ystad.p1", password)
    assert any("OU=Staff,OU=ystad" in name for name in pupil)
    assert not any("OU=Pupils" in name for name in pupil)


@pytest.mark.parametrize("person", ["ystad.s1", "ystad.p1", "ystad.e1", "tomelilla.s1"])
def test_protected_identities_are_found_by_nobody(on: On, password: str, person: str) -> None:
    hidden = on("dc1", "samba-tool user list -b OU=Other,OU=ystad,OU=Members").split()
    assert hidden, "the sample has one"
    assert not any("OU=Other" in name for name in seen(person, password))
    assert seen(person, password, expression=f"(sAMAccountName={hidden[0]})") == set()
    shown = on("dc1", f"samba-tool user show {hidden[0]}")
    assert "givenName" not in shown
    assert f"displayName: {hidden[0]}" in shown


def test_services_find_everybody() -> None:
    found = seen("svc-mail", secret("directory-mail"))
    assert {"ystad", "tomelilla", "simrishamn"} <= members_in(found)
    assert any("OU=Other" in name for name in found)


def test_no_other_protocol_lists_people(on: On, password: str) -> None:
    """SAMR tells everybody's name to whoever is signed in and heeds no right of the directory: it is not served."""
    auth = f"username = ystad.s1\npassword = {password}\ndomain = OSTERLEN\n"
    assert to("dc1", "umask 077; cat > /run/nonce-auth", auth).returncode == 0
    try:
        assert "ystad.s1" in on("dc1", "rpcclient -A /run/nonce-auth dc1 -c 'lookupnames ystad.s1'"), (
            "another service of RPC"
        )
        for question in ("enumdomusers", "querydispinfo"):
            told = to("dc1", f"rpcclient -A /run/nonce-auth dc1 -c {question}")
            assert "tomelilla" not in told.stdout
            assert "Could not initialise samr" in told.stdout + told.stderr
    finally:
        on("dc1", "rm /run/nonce-auth")


def test_the_keeper_may_keep_people_and_nothing_else(on: On) -> None:
    """With the keeper's own password: no privileged group, no service account, no workplace, no right of anybody."""
    script = f"""
import json, ssl, ldap3
c = json.load(open("/etc/samdrift/accounts.json"))
tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=c["ca_file"])
server = ldap3.Server(c["hosts"][0], port=636, use_ssl=True, tls=tls, get_info=ldap3.NONE)
l = ldap3.Connection(server, c["user"] + "@" + c["domain"], c["password"], auto_bind=True)
me = "CN=ystad.s1,OU=Staff,OU=ystad,OU=Members,{ROOT}"
def told(what): print(what, l.result["description"], sep="=")
other = {{"unicodePwd": [(ldap3.MODIFY_REPLACE, ['"Other-1-secret"'.encode("utf-16-le")])]}}
l.modify("CN=Domain Admins,CN=Users,{ROOT}", {{"member": [(ldap3.MODIFY_ADD, [me])]}}); told("domain admins")
l.modify("CN=privileged,OU=Groups,{ROOT}", {{"member": [(ldap3.MODIFY_ADD, [me])]}}); told("privileged")
l.modify("CN=svc-mail,OU=Service,{ROOT}", {{"description": [(ldap3.MODIFY_REPLACE, ["x"])]}}); told("service")
l.modify("CN=Administrator,CN=Users,{ROOT}", other); told("administrator")
l.add("CN=x,OU=Workplaces,OU=ystad,OU=Members,{ROOT}", "computer", {{"sAMAccountName": "X$"}}); told("computer")
l.add("OU=x,OU=ystad,OU=Members,{ROOT}", "organizationalUnit"); told("unit")
l.modify(me, {{"title": [(ldap3.MODIFY_REPLACE, ["Lärare"])]}}); told("title")
"""
    done = to("accounts", "python3 -", script)
    assert done.returncode == 0, done.stderr
    told = dict(line.split("=") for line in done.stdout.splitlines())
    assert told.pop("title") == "success", told
    assert len(told) == 6
    assert set(told.values()) == {"insufficientAccessRights"}, told
