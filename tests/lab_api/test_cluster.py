"""Ids, tasks, resources, pools, backup jobs, users: the cluster's books."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lab_api.refusal import refused
from tests.lab_api.running import OSTEMPLATE, RunningLab


def test_next_id(root: Any, make: Any) -> None:
    assert root.cluster.nextid.get() == "100"
    make(100)
    assert root.cluster.nextid.get() == "101"
    assert root.cluster.nextid.get(vmid=250) == "250"
    with refused(400, "Parameter verification failed", vmid="VM 100 already exists"):
        root.cluster.nextid.get(vmid=100)


def test_of_two_that_want_the_same_id_one_gets_it(lab: RunningLab, vnet: str) -> None:
    def create(_: int) -> int:
        with lab.http() as client:
            return client.post("/nodes/pve1/lxc", data={"vmid": 120, "ostemplate": OSTEMPLATE}).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(create, range(6))) == [200, 500, 500, 500, 500, 500]


def test_parallel_rules_are_all_kept(lab: RunningLab, root: Any) -> None:
    def add(port: int) -> int:
        with lab.http() as client:
            data = {"type": "in", "action": "ACCEPT", "proto": "tcp", "dport": str(port)}
            return client.post("/cluster/firewall/rules", data=data).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(add, range(1, 41))) == {200}
    assert sorted(int(rule["dport"]) for rule in root.cluster.firewall.rules.get()) == list(range(1, 41))


def test_resources_and_status(root: Any) -> None:
    kinds = {entry["type"] for entry in root.cluster.resources.get()}
    assert {"node", "storage", "lxc", "sdn"} <= kinds
    assert {entry["type"] for entry in root.cluster.resources.get(type="vm")} == {"lxc"}
    assert [entry["name"] for entry in root.cluster.status.get() if entry["type"] == "node"] == ["pve1", "pve2", "pve3"]
    figures = root.nodes("pve1").status.get()
    assert figures["memory"]["total"] > 0 and figures["cpuinfo"]["cpus"] > 0


def test_a_task_has_a_record_and_a_log(lab: RunningLab, root: Any, node: Any) -> None:
    upid = root.cluster.sdn.put()
    assert lab.finish(upid) == "OK"
    status = node.tasks(upid).status.get()
    assert (status["status"], status["exitstatus"], status["type"]) == ("stopped", "OK", "reloadnetworkall")
    lines = [entry["t"] for entry in node.tasks(upid).log.get()]
    assert lines[0] == "pve1: reloading network config" and lines[-1] == "TASK OK"
    assert [entry["n"] for entry in node.tasks(upid).log.get(start=1, limit=2)] == [2, 3]
    assert upid in [entry["upid"] for entry in root.cluster.tasks.get()]
    assert node.tasks.get(typefilter="reloadnetworkall", limit=1)[0]["status"] == "OK"


def test_task_refusals(root: Any, node: Any) -> None:
    with refused(400, "Parameter verification failed", upid="unable to parse worker upid"):
        node.tasks("nonsense").status.get()
    with refused(500, "no such task"):
        node.tasks("UPID:pve1:00000001:00000001:00000001:vzstart:1:root@pam:").status.get()


def test_a_task_can_be_stopped(lab: RunningLab, node: Any) -> None:
    lab.machine.gate.clear()
    upid = node.lxc.post(vmid=130, ostemplate=OSTEMPLATE, start=1)
    try:
        node.tasks(upid).delete()
    finally:
        lab.machine.gate.set()
    lab.finish(upid)


def test_pools(lab: RunningLab, root: Any) -> None:
    root.pools.post(poolid="hall", comment="c")
    root.pools("hall").put(vms="100", storage="tank")
    found = root.pools.get(poolid="hall")[0]
    assert (found["comment"], sorted(entry["id"] for entry in found["members"])) == (
        "c", ["lxc/100", "storage/pve1/tank"],
    )  # fmt: skip
    root.pools.post(poolid="hall/inner")
    with refused(500, "VM 100 belongs already to pool 'hall'"):
        root.pools("hall/inner".replace("/", "%2F")).put(vms="100")
    with refused(500, "pool 'hall' already exists"):
        root.pools.post(poolid="hall")
    with refused(500, "pool 'hall' is not empty (contains VM 100)"):
        root.pools("hall").delete()
    root.pools("hall").put(vms="100", storage="tank", delete=1)
    with refused(500, "VM 100 is not a pool member"):
        root.pools("hall").put(vms="100", delete=1)
    with lab.http() as client:
        for name in ("hall/inner", "hall"):
            assert client.delete("/pools", params={"poolid": name}).status_code == 200
    with refused(500, "pool 'hall' does not exist"):
        root.pools("hall").get()


def test_backup_jobs(root: Any, make: Any) -> None:
    root.pools.post(poolid="saved")
    root.pools("saved").put(vms="100")
    jobs = root.cluster.backup
    jobs.post(
        id="nightly", schedule="02:30", storage="local", pool="saved", enabled=1, **{"prune-backups": "keep-daily=7"}
    )
    job = jobs("nightly").get()
    assert (job["schedule"], job["pool"], job["enabled"], job["prune-backups"]) == ("02:30", "saved", 1, "keep-daily=7")
    assert [entry["id"] for entry in jobs("nightly").included_volumes.get()["children"]] == [100]
    uncovered = [entry["vmid"] for entry in root.cluster("backup-info")("not-backed-up").get()]
    assert 100 not in uncovered and 120 in uncovered
    jobs("nightly").put(schedule="mon..fri 22:00", storage="local", vmid="100,120", delete="prune-backups")
    job = jobs("nightly").get()
    assert (job["vmid"], "pool" in job, "prune-backups" in job) == ("100,120", False, False)
    jobs("nightly").delete()
    with refused(400, "Parameter verification failed", id="No such job 'nightly'"):
        jobs("nightly").get()


@pytest.mark.parametrize(
    ("options", "status", "errors"),
    [
        ({"storage": "tank", "all": 1}, 500, {}),
        ({"all": 1, "schedule": "soon"}, 400, {"schedule": "unable to parse calendar event"}),
        ({"all": 1, "vmid": "100"}, 400, {"vmid": "exactly one"}),
        ({"pool": "none"}, 400, {"pool": "pool 'none' does not exist"}),
        ({"all": 1, "prune-backups": "keep-some=1"}, 400, {"prune_backups": "keep-some"}),
        ({"all": 1, "fleecing": "enabled=1"}, 501, {}),
    ],
)
def test_backup_refusals(root: Any, options: dict[str, Any], status: int, errors: dict[str, str]) -> None:
    with refused(status, "", **errors):
        root.cluster.backup.post(**{"id": "job1", "schedule": "02:30", "storage": "local", **options})


def test_users_groups_and_roles(root: Any) -> None:
    root.access.groups.post(groupid="clerks", comment="c")
    root.access.users.post(userid="anna@pve", comment="", email="", groups="clerks", enable=1, expire=0, keys="")
    assert root.access.users("anna@pve").get() == {"enable": 1, "expire": 0, "groups": ["clerks"]}
    assert root.access.groups("clerks").get() == {"comment": "c", "members": ["anna@pve"]}
    root.access.roles.post(roleid="Op", privs="VM.Audit,VM.PowerMgmt")
    root.access.roles("Op").put(privs="VM.Console", append=1)
    assert root.access.roles("Op").get() == {"VM.Audit": 1, "VM.PowerMgmt": 1, "VM.Console": 1}
    root.access.acl.put(path="/pool/saved", roles="Op", groups="clerks")
    assert root.access.acl.get() == [
        {"path": "/pool/saved", "type": "group", "ugid": "clerks", "roleid": "Op", "propagate": 1}
    ]
    root.access.roles("Op").delete()
    assert root.access.acl.get() == []
    root.access.users("anna@pve").delete()
    root.access.groups("clerks").delete()


def test_access_refusals(root: Any) -> None:
    with refused(500, "no such user ('nobody@pve')"):
        root.access.users("nobody@pve").get()
    with refused(500, "group 'none' does not exist"):
        root.access.groups("none").get()
    with refused(500, "role 'none' does not exist"):
        root.access.roles("none").get()
    with refused(500, "no such token 'none' for user 'root@pam'"):
        root.access.users("root@pam").token("none").get()
    with refused(400, "Parameter verification failed", privs="invalid privilege 'VM.Fly'"):
        root.access.roles.post(roleid="Op2", privs="VM.Fly")
    with refused(500, "auto-generated role 'PVEAdmin' cannot be modified"):
        root.access.roles("PVEAdmin").put(privs="VM.Audit")
    with refused(500, "already exists"):
        root.access.users.post(userid="root@pam")
