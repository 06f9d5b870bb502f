"""A stack's standing: what its token may do, and nothing more."""

from __future__ import annotations

from samdrift.components.access import PRIVILEGES, Access, Grant
from samdrift.federation.guest import guests_of
from tests.components.recording import federation, lies_below, of_type, only, provider_of, record, waits_for

GUEST = guests_of(federation(), federation().stack("ystad"))[0]
GRANT = Grant(guests=(GUEST,), vnets=(("adm", "a1286"), ("hall", "transit")), disks="tank", templates="local")


def test_stack_gets_one_pool_one_user_and_one_token() -> None:
    found = record(lambda opts: Access("fed.ystad", grant=GRANT, opts=opts))

    assert only(found, ":PoolLegacy").props["poolId"] == "fed.ystad"
    assert only(found, ":UserLegacy").props["userId"] == "fed.ystad@pve"
    token = only(found, ":Token")
    assert token.props["privilegesSeparation"] is False
    assert "ystad" in token.name
    assert all(
        lies_below(found, one, "samdrift:access:Access") and provider_of(one) == "given"
        for one in found.resources
        if one.type.startswith("proxmoxve:")
    )


def test_user_has_no_password() -> None:
    found = record(lambda opts: Access("fed.ystad", grant=GRANT, opts=opts))
    assert "password" not in only(found, ":UserLegacy").props


def test_token_reaches_its_own_paths_only() -> None:
    found = record(lambda opts: Access("fed.ystad", grant=GRANT, opts=opts))
    entries = {one.props["path"]: one.props["roleId"] for one in of_type(found, ":Acl").values()}
    assert entries == {
        "/pool/fed.ystad": "fed.ystad.guest",
        "/vms": "fed.ystad.audit",
        "/sdn/zones/adm/a1286": "fed.ystad.network",
        "/sdn/zones/hall/transit": "fed.ystad.network",
        "/storage/tank": "fed.ystad.disk",
        "/storage/local": "fed.ystad.template",
    }


def test_no_role_reaches_into_the_cluster() -> None:
    privileges = {privilege for role in PRIVILEGES.values() for privilege in role}
    forbidden = ("Sys.", "Permissions.", "User.", "Realm.", "Group.", "SDN.Allocate", "Datastore.Allocate")
    assert not [p for p in privileges if p.startswith(forbidden) and p != "Datastore.AllocateSpace"]


def test_one_storage_for_both_gets_the_wider_role() -> None:
    assert Grant(guests=(), vnets=(), disks="local", templates="local").paths(pool="p")["/storage/local"] == "disk"


def test_virtual_machines_need_more_of_the_pool() -> None:
    machine = GUEST.model_copy(update={"kind": "vm"})
    more = set(Grant(guests=(machine,), vnets=(), disks="a", templates="b").privileges("guest"))
    assert more - set(Grant(guests=(), vnets=(), disks="a", templates="b").privileges("guest")) == set(
        PRIVILEGES["machine"]
    )


def test_rights_are_there_before_they_are_granted_on_the_pool() -> None:
    found = record(lambda opts: Access("fed.ystad", grant=GRANT, opts=opts))
    for entry in of_type(found, ":Acl").values():
        assert "fed.ystad" in waits_for(found, entry)
