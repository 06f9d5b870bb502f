"""Sabotages of BAK-01: a folder that fell out of the job, a store that is full, a passphrase that is lost, a timer."""

import json
import re
from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import changed, run, written
from tests.sabotages.hand import scene_of

HOST = "dc1"
DECLARED = "/etc/samdrift/backup.d/directory.yaml"
SECRET = "/etc/samdrift/backup/secret"
TIMER = "samdrift-backup.timer"
FILL = "/srv/somebody"


@sabotage(requirement="BAK-01", name="path-left-out")
def path_left_out(target: Target) -> Iterator[None]:
    """Somebody tidied the list of what is kept; every run is still green."""
    with scene_of(target) as scene:
        hosts = [name for name, guest in scene.guests.items() if "directory" in guest.roles]
        right = {host: run(scene, host, "cat", DECLARED) for host in hosts}
        try:
            for host, text in right.items():
                run(scene, host, "tee", DECLARED, given=json.dumps({**json.loads(text), "paths": []}))
            yield
        finally:
            for host, text in right.items():
                run(scene, host, "tee", DECLARED, given=text)


@sabotage(requirement="BAK-01", name="store-full")
def store_full(target: Target) -> Iterator[None]:
    """The store's disk is full, of something that is no backup."""
    with scene_of(target) as scene:
        free = int(run(scene, "backup", "df", "--output=avail", "-B1", "/srv").split()[-1])
        try:
            run(scene, "backup", "fallocate", "-l", str(max(1, free - (200 << 20))), FILL)
            yield
        finally:
            run(scene, "backup", "rm", "-f", FILL)


@sabotage(requirement="BAK-01", name="key-lost")
def key_lost(target: Target) -> Iterator[None]:
    """The host was made anew with a new secret, and the old one was kept nowhere."""
    with scene_of(target) as scene, written(scene, HOST, SECRET, "another-secret-than-before\n"):
        yield


@sabotage(requirement="BAK-01", name="once-a-month")
def once_a_month(target: Target) -> Iterator[None]:
    """Somebody found the night too short for all the copying."""

    def change(text: str) -> str:
        return re.sub(r"^OnCalendar=.*$", "OnCalendar=monthly", text, flags=re.MULTILINE)

    with scene_of(target) as scene:
        try:
            with changed(scene, HOST, f"/etc/systemd/system/{TIMER}", change):
                run(scene, HOST, "systemctl", "daemon-reload")
                yield
        finally:
            run(scene, HOST, "systemctl", "daemon-reload")
