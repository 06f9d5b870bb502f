"""BAK-02: nothing that runs is left out of backup."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from samdrift.compliance.evidence import Evidence
from samdrift.environment import environment
from samdrift.hypervisor import Hypervisor, HypervisorError
from samdrift.recovery.host import run
from samdrift.recovery.restore import archives, kept
from samdrift.standard import catalogue
from tests.checks.scene import Scene
from tests.checks.watch import first

HOUR = 3600.0
DATABASES = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"


@pytest.mark.requirement("BAK-02")
def test_bak_02_nothing_is_left_out(scene: Scene, evidence: Evidence) -> None:
    """What is missing in a backup is noticed on the one day when it is needed."""
    oldest = time.time() - catalogue.load().by_id("BAK-02").threshold("interval") * HOUR
    hypervisor = Hypervisor.named(environment(scene.state, say=evidence.note))
    running = [one for one in hypervisor.call("GET", "/cluster/resources", type="vm") if one["status"] == "running"]
    evidence.need(len(scene.guests) + 2)
    evidence.control("the hypervisor lists edge", alive="edge" in {one["name"] for one in running})
    new = made_since(scene, hypervisor, oldest)
    wrong = list(without_image(scene, hypervisor, running, oldest=oldest, new=new, evidence=evidence))
    wrong += without_archive(scene, oldest, new, evidence)
    wrong += databases_not_kept(scene, evidence)
    wrong += new_guest_left_out(scene, hypervisor, evidence)
    assert not wrong, first(wrong)


def images(scene: Scene, hypervisor: Hypervisor) -> dict[int, dict[str, Any]]:
    """The newest image of each guest, as the storage itself lists them."""
    hall = scene.federation.hall.hypervisor
    found: dict[int, dict[str, Any]] = {}
    for node in hall.nodes:
        path = f"/nodes/{node}/storage/{hall.storage.backups}/content"
        for one in hypervisor.call("GET", path, content="backup"):
            if one["ctime"] >= found.get(one["vmid"], {"ctime": 0})["ctime"]:
                found[one["vmid"]] = one
    return found


def made_since(scene: Scene, hypervisor: Hypervisor, moment: float) -> set[int]:
    """Guests that were made, or put back, after this moment, by the nodes' lists of tasks.

    Their first backup is not due before the interval is over. One of which no list tells when it was made is not among
    them.
    """
    return {
        int(task["id"])
        for node in scene.federation.hall.hypervisor.nodes
        for kind in ("vzcreate", "vzrestore")
        for task in hypervisor.call("GET", f"/nodes/{node}/tasks", typefilter=kind, since=int(moment), limit=1000)
    }


def without_image(
    scene: Scene,
    hypervisor: Hypervisor,
    running: list[dict[str, Any]],
    *,
    oldest: float,
    new: set[int],
    evidence: Evidence,
) -> Iterator[str]:
    """Running guests that no job takes, or whose newest image is too old or empty."""
    not_due = []
    stored = images(scene, hypervisor)
    outside = {one["vmid"] for one in hypervisor.call("GET", "/cluster/backup-info/not-backed-up")}
    disposable = {guest.vm_id for guest in scene.guests.values() if guest.disposable}
    for guest in running:
        evidence.case()
        number, name = guest["vmid"], guest["name"]
        if number in disposable:
            continue
        image = stored.get(number)
        if number in outside:
            yield f"guest {name} ({number}) is in no backup job"
        elif image is None or image["ctime"] < oldest:
            if number in new:
                not_due.append(name)
            else:
                yield f"guest {name} ({number}) has no image younger than agreed"
        elif image["size"] < 1 << 20:
            yield f"the image of guest {name} ({number}) has {image['size']} bytes"
    evidence.note(f"in a job, and younger than the interval, with no image yet: {', '.join(not_due) or 'none'}")


def without_archive(scene: Scene, oldest: float, new: set[int], evidence: Evidence) -> Iterator[str]:
    """What hosts declare to keep, without a good archive young enough: as the store has it, not as hosts say."""
    not_due = []
    for one in kept(scene.state):
        evidence.case()
        name = f"{one.repository} of {one.host}"
        found = archives(scene.state, one)
        if not found or datetime.fromisoformat(found[-1]["at"]).timestamp() < oldest:
            # A member's repositories are as new as its first host.
            holders = [one.host, f"{one.member}-gw"] if one.member else [one.host]
            if not found and new & {scene.guests[holder].vm_id for holder in holders}:
                not_due.append(name)
            else:
                yield f"{name} has no archive younger than agreed"
        elif not found[-1]["bytes"] and had_something(scene, one.host, one.repository, found[-1]["at"]):
            yield f"the newest archive of {name}, {found[-1]['archive']}, holds nothing"
    evidence.note(f"kept on a host younger than the interval, with no archive yet: {', '.join(not_due) or 'none'}")


def had_something(scene: Scene, host: str, repository: str, moment: str) -> bool:
    """Whether there was something to keep at that moment, by what is unchanged since: a new system has nothing."""
    told = json.loads(run(scene.state, host, f"cat /etc/samdrift/backup.d/{repository}.yaml"))
    paths, older = " ".join(told["paths"]), f"-size +0 ! -newerct '{moment}' -print -quit"
    return bool(told["dump"]) or bool(run(scene.state, host, f"find {paths} -type f {older}").strip())


def databases_not_kept(scene: Scene, evidence: Evidence) -> list[str]:
    """Databases of the database host that no repository is for."""
    hosts = [name for name, guest in scene.guests.items() if "database" in guest.roles]
    declared = {one.system for one in kept(scene.state)}
    found = [
        f"database {name} of {host} is in no backup"
        for host in hosts
        for name in run(scene.state, host, f'cd / && runuser -u postgres -- psql -qAtc "{DATABASES}"').split()
        if f"database-{name}" not in declared
    ]
    evidence.case(len(hosts))
    return found


def new_guest_left_out(scene: Scene, hypervisor: Hypervisor, evidence: Evidence) -> list[str]:
    """A guest made a moment ago has to be in the next run of its pool's job, and to be in the storage after it."""
    stack = scene.members[-1].name
    job = hypervisor.call("GET", f"/cluster/backup/{stack.replace('.', '-')}")
    with guest_made(scene, hypervisor, pool=stack) as (node, number):
        evidence.case()
        covered = hypervisor.call("GET", f"/cluster/backup/{job['id']}/included_volumes")["children"]
        if number not in {one["id"] for one in covered}:
            return [f"a new guest of {stack} is not in the next run of its job"]
        told = {key: job[key] for key in ("storage", "mode", "compress") if key in job}
        hypervisor.finish(hypervisor.call("POST", f"/nodes/{node}/vzdump", vmid=str(number), **told))
        image = images(scene, hypervisor).get(number)
        if image is None or image["size"] < 1 << 20:
            return [f"a new guest of {stack} has no image after its job"]
        evidence.note(f"a new guest of {stack} was in its job, and has an image of {image['size']} bytes")
        evidence.case()
        try:
            return comes_back(scene, hypervisor, image["volid"], pool=stack)
        finally:
            name = image["volid"].partition(":")[0]
            hypervisor.call("DELETE", f"/nodes/{node}/storage/{name}/content/{image['volid']}")


def comes_back(scene: Scene, hypervisor: Hypervisor, image: str, *, pool: str) -> list[str]:
    """What is wrong with a guest that is made of the image and started."""
    try:
        with guest_made(scene, hypervisor, pool=pool, image=image) as (node, number):
            path = f"/nodes/{node}/lxc/{number}/status"
            hypervisor.finish(hypervisor.call("POST", f"{path}/start"))
            status = hypervisor.call("GET", f"{path}/current")["status"]
            hypervisor.finish(hypervisor.call("POST", f"{path}/stop"))
    except HypervisorError as error:
        return [f"no guest comes back of {image}: {error}"]
    return [] if status == "running" else [f"a guest made of {image} is {status} after its start"]


@contextmanager
def guest_made(scene: Scene, hypervisor: Hypervisor, *, pool: str, image: str = "") -> Iterator[tuple[str, int]]:
    """A container in the pool, of the hall's template or of an image of another one; stopped."""
    hall = scene.federation.hall.hypervisor
    node, number = hall.nodes[0], int(hypervisor.call("GET", "/cluster/nextid", vmid=9991 if image else 9990))
    facts = {"hostname": "probe-backup", "storage": hall.storage.guests, "pool": pool, "unprivileged": 1}
    facts |= {"ostemplate": image, "restore": 1} if image else {"ostemplate": hall.template}
    path = f"/nodes/{node}/lxc"
    hypervisor.finish(hypervisor.call("POST", path, vmid=number, **facts))
    try:
        yield node, number
    finally:
        hypervisor.finish(hypervisor.call("DELETE", f"{path}/{number}"))
