"""Sabotages of NET-03: a member's line that is cut, bad, or shared with a stranger."""

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import first_rule, run
from tests.sabotages.hand import scene_of


@sabotage(requirement="NET-03", name="route-removed")
def route_removed(target: Target) -> Iterator[None]:
    """The gateway forgets the way to the hall, in one family."""
    with scene_of(target) as scene:
        gateway = f"{scene.members[0].key}-gw"
        route = run(scene, gateway, "ip", "-6", "route", "show", "default").strip().splitlines()[0].split()
        run(scene, gateway, "ip", "-6", "route", "delete", *route)
        try:
            yield
        finally:
            run(scene, gateway, "ip", "-6", "route", "replace", *route)


@sabotage(requirement="NET-03", name="loss-on-the-line")
def loss_on_the_line(target: Target) -> Iterator[None]:
    """A bad fibre: every fifth packet is lost."""
    with scene_of(target) as scene, first_rule(scene, f"{scene.members[-1].key}-gw", *EVERY_FIFTH, "drop"):
        yield


EVERY_FIFTH = ("meta", "l4proto", "!=", "tcp", "numgen", "random", "mod", "5", "==", "0")
"""TCP passes, so that the check itself gets to its hosts; echoes, names and time suffer."""


@sabotage(requirement="NET-03", name="same-subnet-twice")
def same_subnet_twice(target: Target) -> Iterator[None]:
    """A computer from home comes with the address it had there: the workplace's."""
    with scene_of(target) as scene:
        member = scene.members[-1]
        workplace, network = scene.guests[f"{member.key}-adm"], scene.network("adm", member)
        stranger = scene.plug(network, 9)
        address = str(workplace.interfaces[0].ipv4)
        stranger.station.ask("shell.run", command=["ip", "address", "add", address, "dev", stranger.interface])
        try:
            yield
        finally:
            stranger.station.close()
            # The gateway may have learnt the stranger's hardware address, and would keep it for minutes.
            run(scene, f"{member.key}-gw", "ip", "neighbour", "flush", "dev", "adm")
