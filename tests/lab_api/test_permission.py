"""Who may do what: ACLs, inheritance, pools, tokens, and the checks that the schema does not state."""

from typing import Any

import pytest

from tests.lab_api.refusal import refused
from tests.lab_api.running import OSTEMPLATE, RunningLab


@pytest.fixture
def visitor(lab: RunningLab, root: Any) -> Any:
    """A fresh user, signed in, and a way to give him roles: `visitor.grant(path, role)`."""
    number = len(root.access.users.get())
    name = f"v{number}@pve"
    root.access.users.post(userid=name, password="password-1")
    client = lab.proxmoxer(name, password="password-1")
    client.name = name
    client.grant = lambda path, role, propagate=1: root.access.acl.put(
        path=path, roles=role, users=name, propagate=propagate
    )
    return client


@pytest.fixture(scope="module")
def world(root: Any, make: Any) -> None:
    """Two guests, one of them in a pool."""
    root.pools.post(poolid="hall")
    make(201, pool="hall")
    make(202)


def seen(client: Any) -> list[int]:
    """The containers that a client sees."""
    return [guest["vmid"] for guest in client.nodes("pve1").lxc.get()]


def test_without_acls_nothing_is_seen_and_nothing_done(world: None, visitor: Any) -> None:
    assert seen(visitor) == []
    assert visitor.pools.get() == [] and visitor.storage.get() == [] and visitor.cluster.sdn.vnets.get() == []
    assert not any("maxmem" in node for node in visitor.nodes.get())
    with refused(403, "Permission check failed (/vms/201, VM.Audit)"):
        visitor.nodes("pve1").lxc(201).config.get()
    with refused(403, "Permission check failed (/, Sys.Audit)"):
        visitor.cluster.backup.get()


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([("/", "PVEAuditor", 1)], [201, 202]),
        ([("/", "PVEAuditor", 0)], []),
        ([("/vms", "PVEAuditor", 1)], [201, 202]),
        ([("/vms/202", "PVEVMUser", 0)], [202]),
        ([("/pool/hall", "PVEVMUser", 1)], [201]),
        ([("/pool/hall", "PVEVMUser", 0)], [201]),
        ([("/vms", "PVEAuditor", 1), ("/vms/201", "NoAccess", 1)], [202]),
        ([("/vms", "PVEAuditor", 1), ("/vms/201", "PVEPoolUser", 1)], [202]),
        ([("/pool/hall", "PVEVMUser", 1), ("/vms/201", "NoAccess", 1)], []),
        ([("/vms/201", "PVEVMUser", 1), ("/pool/hall", "NoAccess", 1)], []),
        ([("/", "NoAccess", 1), ("/vms/202", "PVEVMUser", 1)], [202]),
    ],
)
def test_the_most_specific_path_decides(
    world: None, visitor: Any, grants: list[tuple[str, str, int]], expected: list[int]
) -> None:
    for path, role, propagate in grants:
        visitor.grant(path, role, propagate)
    assert seen(visitor) == expected


def test_a_users_own_entry_beats_his_groups(world: None, root: Any, visitor: Any) -> None:
    root.access.groups.post(groupid="readers")
    root.access.users(visitor.name).put(groups="readers")
    root.access.acl.put(path="/vms", roles="PVEAuditor", groups="readers")
    assert seen(visitor) == [201, 202]
    visitor.grant("/vms", "PVEPoolUser")
    assert seen(visitor) == []
    root.access.groups("readers").delete()


def test_a_separated_token_has_what_both_have(lab: RunningLab, root: Any, world: None, visitor: Any) -> None:
    visitor.grant("/vms", "PVEVMUser")
    made = root.access.users(visitor.name).token("apart").post(privsep=1)
    token = lab.by_token(f"{made['full-tokenid']}={made['value']}")
    assert seen(token) == []
    root.access.acl.put(path="/", roles="Administrator", tokens=made["full-tokenid"])
    assert seen(token) == [201, 202]
    with refused(403, "Permission check failed (/vms/201, VM.Allocate)"):
        token.nodes("pve1").lxc(201).delete()
    held = token.access.permissions.get(path="/vms/201")["/vms/201"]
    assert "VM.Audit" in held and "VM.Allocate" not in held


def test_a_token_without_separation_is_its_owner(lab: RunningLab, root: Any, world: None, visitor: Any) -> None:
    visitor.grant("/vms/202", "PVEVMUser")
    made = root.access.users(visitor.name).token("whole").post(privsep=0)
    assert seen(lab.by_token(f"{made['full-tokenid']}={made['value']}")) == [202]


def test_permissions_can_only_be_given_by_who_has_them(world: None, visitor: Any) -> None:
    with refused(403, "Permission check failed (/vms/201, Permissions.Modify|VM.Allocate)"):
        visitor.access.acl.put(path="/vms/201", roles="PVEVMUser", users=visitor.name)
    visitor.grant("/vms/201", "PVEVMAdmin")
    visitor.access.acl.put(path="/vms/201", roles="PVEVMUser", users="root@pam")
    with refused(403, "Cannot modify role 'PVEAdmin'"):
        visitor.access.acl.put(path="/vms/201", roles="PVEAdmin", users="root@pam")


def test_a_bad_acl_path_is_refused(root: Any) -> None:
    with refused(400, "Parameter verification failed", path="invalid ACL path"):
        root.access.acl.put(path="/nowhere", roles="PVEAuditor", users="root@pam")


NET = "name=eth0,bridge=svc,ip=dhcp"


@pytest.mark.parametrize(
    ("grants", "options", "words"),
    [
        ([], {}, "/vms/250, VM.Allocate"),
        ([("/vms/250", "PVEVMAdmin")], {"pool": "hall"}, "/pool/hall, Permissions.Modify|Pool.Allocate"),
        ([("/vms/250", "PVEVMAdmin")], {"net0": NET}, "/sdn/zones/hall/svc, SDN.Use"),
        ([("/vms/250", "PVEVMAdmin")], {}, "/storage/local, Datastore.AllocateSpace|Datastore.Audit"),
        ([("/vms/250", "PVEVMAdmin"), ("/storage", "PVEAuditor")], {}, "/storage/local, Datastore.AllocateSpace"),
        ([("/vms/250", "PVEVMAdmin")], {"features": "keyctl=1"}, "(except nesting) is only allowed for root@pam"),
        ([("/vms/250", "PVEVMAdmin")], {"features": "nesting=1", "unprivileged": 0}, "for privileged container"),
        ([("/vms/250", "PVEVMAdmin")], {"hookscript": "local:snippets/x"}, "hookscript is only allowed for root@pam"),
        ([("/pool/hall", "PVEVMAdmin"), ("/pool/hall", "PVEPoolAdmin")], {"pool": "hall", "tags": "a"},
         "/vms/250, VM.Config.Options"),
        ([("/pool/hall", "PVEPoolAdmin")], {"pool": "none"}, "pool 'none' does not exist"),
    ],
)  # fmt: skip
def test_what_creating_a_container_asks_for(
    world: None, visitor: Any, grants: list[tuple[str, str]], options: dict[str, Any], words: str
) -> None:
    for path, role in grants:
        visitor.grant(path, role)
    with refused(403, f"Permission check failed ({words}" if words.startswith("/") else words):
        visitor.nodes("pve1").lxc.post(**{"vmid": 250, "ostemplate": OSTEMPLATE, "unprivileged": 1, **options})


def test_creating_always_needs_the_right_to_set_options(root: Any, world: None, visitor: Any) -> None:
    root.access.roles.post(roleid="Allocator", privs="VM.Allocate")
    visitor.grant("/vms/250", "Allocator")
    with refused(403, "Permission check failed (/vms/250, VM.Config.Options)"):
        visitor.nodes("pve1").lxc.post(vmid=250, ostemplate=OSTEMPLATE)


def test_a_pools_token_can_create_in_its_pool(lab: RunningLab, root: Any, world: None, visitor: Any) -> None:
    for path, role in (
        ("/pool/hall", "PVEAdmin"),
        ("/storage/local", "PVEDatastoreUser"),
        ("/sdn/zones/hall", "PVESDNUser"),
    ):
        visitor.grant(path, role)
    upid = visitor.nodes("pve1").lxc.post(
        vmid=251, ostemplate=OSTEMPLATE, unprivileged=1, pool="hall", net0=NET, features="nesting=1"
    )
    assert lab.finish(upid) == "OK"
    assert visitor.nodes("pve1").tasks(upid).status.get()["exitstatus"] == "OK"
    assert lab.finish(visitor.nodes("pve1").lxc(251).delete()) == "OK"


def test_tasks_of_others_are_hidden(lab: RunningLab, root: Any, world: None, visitor: Any) -> None:
    upid = root.cluster.sdn.put()
    assert lab.finish(upid) == "OK"
    assert visitor.cluster.tasks.get() == []
    with refused(403, "Permission check failed (/nodes/pve1, Sys.Audit)"):
        visitor.nodes("pve1").tasks(upid).status.get()
