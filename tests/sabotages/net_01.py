"""Sabotages of NET-01: a way from a pedagogical network into the administrative one."""

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.sabotages.hand import open_router, scene_of


@sabotage(requirement="NET-01", name="allow-rule-between-the-networks")
def allow_rule_between_the_networks(target: Target) -> Iterator[None]:
    """ "Only until the school's printer works"."""
    with scene_of(target) as scene:
        gateway = f"{scene.members[-1].key}-gw"
        with open_router(target, scene, gateway, "iifname", "ped", "oifname", "adm"):
            yield


@sabotage(requirement="NET-01", name="ipv6-without-rules")
def ipv6_without_rules(target: Target) -> Iterator[None]:
    """A firewall that was written for IPv4."""
    with scene_of(target) as scene:
        gateway = f"{scene.members[0].key}-gw"
        with open_router(target, scene, gateway, "meta", "nfproto", "ipv6"):
            yield
