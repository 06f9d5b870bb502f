"""Sabotages of ONB-02: a newcomer that collides, and joins that somebody else pays for."""

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from samdrift.compliance.sabotage import Environment, sabotage
from samdrift.compliance.target import Target
from tests.checks.host import first_rule, stopped
from tests.sabotages.hand import scene_of

GENERATED = "10.187.0.0/16"
"""Holds every prefix that a generated member of the check gets from its code (3001 to 3007)."""
WEBMAIL = ("samdrift-webmail@20000.service", "samdrift-webmail@20001.service")
DOWN = 10.0
"""Seconds for which something is down: longer than a client tries."""


@sabotage(requirement="ONB-02", name="colliding-subnet")
def colliding_subnet(target: Target) -> Iterator[Environment]:
    """An existing member's file claims the addresses that the newcomer's code gives."""
    with tempfile.TemporaryDirectory(prefix="samdrift-stacks-") as folder:
        stacks = Path(folder) / "stacks"
        shutil.copytree(target.state.stacks, stacks)
        with scene_of(target) as scene:
            member = scene.members[0]
        file = stacks / f"Pulumi.{member.name}.yaml"
        file.write_text(file.read_text().replace("kind: member\n", f"kind: member\n    prefix: {GENERATED}\n"))
        yield {"SAMDRIFT_STACKS": str(stacks)}


@sabotage(requirement="ONB-02", name="join-disturbs-a-member")
def join_disturbs_a_member(target: Target) -> Iterator[None]:
    """Whenever a guest comes that was not there before, an existing member's line goes down for a moment."""
    with scene_of(target) as scene:
        gateway = f"{scene.members[1].key}-gw"
        with when_a_guest_comes(target, lambda: first_rule(scene, gateway, "drop")):
            yield


@sabotage(requirement="ONB-02", name="webmail-goes-for-a-moment")
def webmail_goes_for_a_moment(target: Target) -> Iterator[None]:
    """As it was when there was one webmail, which takes what is new by a restart; its port answers all the while."""
    with scene_of(target) as scene:

        @contextmanager
        def gone() -> Iterator[None]:
            one, other = WEBMAIL
            with stopped(scene, "mail", one), stopped(scene, "mail", other):
                yield

        with when_a_guest_comes(target, gone):
            yield


@contextmanager
def when_a_guest_comes(target: Target, harm: Callable[[], AbstractContextManager[object]]) -> Iterator[None]:
    """Do harm for a moment when the hypervisor has a guest that it did not have before."""
    ended = threading.Event()
    known = {one["vmid"] for one in target.call("GET", "/cluster/resources", type="vm")}

    def watch() -> None:
        while not ended.wait(1.0):
            if {one["vmid"] for one in target.call("GET", "/cluster/resources", type="vm")} - known:
                with harm():
                    ended.wait(DOWN)
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
