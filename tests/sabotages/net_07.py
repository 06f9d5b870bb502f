"""Sabotages of NET-07: members see each other, or clients see management."""

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.sabotages.hand import open_router, scene_of


@sabotage(requirement="NET-07", name="any-any-between-members")
def any_any_between_members(target: Target) -> Iterator[None]:
    """Two members "trust each other anyway"."""
    with scene_of(target) as scene:
        one, other = (f"{member.key}-gw" for member in (scene.members[0], scene.members[-1]))
        between = ("iifname", "transit", "oifname", "transit")
        with (
            open_router(target, scene, "edge", *between),
            open_router(target, scene, one, "meta", "nfproto", "ipv4"),
            open_router(target, scene, other, "meta", "nfproto", "ipv4"),
        ):
            yield


@sabotage(requirement="NET-07", name="management-on-a-client-bridge")
def management_on_a_client_bridge(target: Target) -> Iterator[None]:
    """The hypervisor's management port is patched into a school's switch."""
    with scene_of(target) as scene:
        school = scene.network("ped", scene.members[0]).vnet
        cable = scene.wall.ask("wire.join", one=scene.network("mgt").vnet, other=school)
        try:
            yield
        finally:
            scene.wall.ask("wire.cut", name=cable)
