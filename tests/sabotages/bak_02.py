"""Sabotages of BAK-02: a guest that no job takes, and a job that succeeds with nothing."""

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import run
from tests.sabotages.hand import scene_of

HOST, REPOSITORY = "dc1", "directory"
# An archive of an empty folder, made as a job makes one.
NOTHING = """
import json, os, subprocess, sys, tempfile, time
told = json.load(open("/etc/borgmatic.d/%s.yaml"))
around = {**os.environ, "BORG_RSH": told["ssh_command"], "BORG_REMOTE_PATH": told["remote_path"],
          "BORG_PASSCOMMAND": told["encryption_passcommand"], "BORG_BASE_DIR": told["borg_base_directory"]}
name = time.strftime("%s-%%Y-%%m-%%dT%%H:%%M:%%S")
place = told["repositories"][0]["path"] + "::" + name
with tempfile.TemporaryDirectory() as empty:
    sys.exit(subprocess.run(["borg", "create", place, "."], cwd=empty, env=around).returncode)
"""


@sabotage(requirement="BAK-02", name="guest-in-no-job")
def guest_in_no_job(target: Target) -> Iterator[None]:
    """A machine that somebody started beside everything, and that people have come to rely on."""
    with scene_of(target) as scene:
        hypervisor = scene.federation.hall.hypervisor
    node = hypervisor.nodes[0]
    number = int(target.call("GET", "/cluster/nextid", vmid=9980))
    facts = {"hostname": "by-hand", "storage": hypervisor.storage.guests, "unprivileged": 1, "start": 1}
    upid = target.call("POST", f"/nodes/{node}/lxc", vmid=number, ostemplate=hypervisor.template, **facts)
    try:
        target.finish(upid)
        yield
    finally:
        target.finish(target.call("DELETE", f"/nodes/{node}/lxc/{number}", force=1))


@sabotage(requirement="BAK-02", name="success-with-nothing")
def success_with_nothing(target: Target) -> Iterator[None]:
    """The job looked into a folder where nothing was mounted, and was content."""
    with scene_of(target) as scene:
        run(scene, HOST, "systemctl", "start", "samdrift-backup.service")  # there is a repository to write into
        try:
            run(scene, HOST, "python3", "-", given=NOTHING % (REPOSITORY, REPOSITORY))
            yield
        finally:
            run(scene, HOST, "systemctl", "start", "samdrift-backup.service")
