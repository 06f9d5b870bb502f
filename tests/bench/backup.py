"""Backup and restore of the same octets, beside `tar | ssh` between the same two hosts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

from samdrift.recovery import cycle
from samdrift.recovery.host import command, run
from samdrift.recovery.restore import kept, restore
from samdrift.state import State
from tests.bench.row import Row, timed
from tests.checks.scene import Scene

MEBI = 512
HOST, SYSTEM, STORE = "mail", "mail", "backup"


def measure(scene: Scene) -> Iterator[Row]:
    """Random octets, so that neither packs them; in a member's mailboxes, which the host keeps there anyway."""
    state, member = scene.state, scene.members[0].key
    one = next(one for one in kept(state) if (one.host, one.system, one.member) == (HOST, SYSTEM, member))
    file = f"/var/mail/{member}/bench"
    cycle.hosts(state, names=[HOST], say=lambda _: None)  # what came in before is no part of the measurement
    quiet = timed(lambda: cycle.hosts(state, names=[HOST], say=lambda _: None))
    run(state, HOST, f"head -c {MEBI}M /dev/urandom > {file}")
    try:
        saved = timed(lambda: cycle.hosts(state, names=[HOST], say=lambda _: None))
        back = timed(lambda: restore(state, one, (file,), at=None, to="/var/tmp/bench"))
        out = timed(lambda: stream(state, HOST, f"tar -C / -cf - {file}", STORE, "cat > /var/tmp/bench"))
        home = timed(lambda: stream(state, STORE, "cat /var/tmp/bench", HOST, "tar -C /var/tmp/bench -xf -"))
    finally:
        run(state, HOST, f"rm -rf {file} /var/tmp/bench")
        run(state, STORE, "rm -f /var/tmp/bench")
    # The whole cycle counts: what it takes without the octets varies by more than they do, so it cannot be taken off.
    what = f"backup of {MEBI} MiB ({saved:.0f} s; a cycle without them {quiet:.0f} s)"
    yield Row(what, "MiB/s", MEBI / saved, "tar | ssh", MEBI / out)
    yield Row(f"restore of {MEBI} MiB", "MiB/s", MEBI / back, "ssh | tar", MEBI / home)


def stream(state: State, source: str, give: str, target: str, take: str) -> None:
    """Pipe from one host to another by SSH, through this machine."""
    with subprocess.Popen(command(state, source, give), stdout=subprocess.PIPE) as giver:
        subprocess.run(command(state, target, take), stdin=giver.stdout, check=True)
