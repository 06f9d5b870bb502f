"""Sabotages of GOV-06: a quick change past the code."""

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.host import changed
from tests.sabotages.hand import guest_path, scene_of


@sabotage(requirement="GOV-06", name="memory-changed-by-hand")
def memory_changed_by_hand(target: Target) -> Iterator[None]:
    """ "A little more memory, until Monday"."""
    with scene_of(target) as scene:
        path = f"{guest_path(target, f'{scene.members[0].key}-gw')}/config"
    right = int(target.call("GET", path)["memory"])
    target.call("PUT", path, memory=right + 64)
    try:
        yield
    finally:
        target.call("PUT", path, memory=right)


@sabotage(requirement="GOV-06", name="firewall-rule-by-hand")
def firewall_rule_by_hand(target: Target) -> Iterator[None]:
    """A rule added in the web interface."""
    path = f"{guest_path(target, 'dc2')}/firewall/rules"
    mark = "added by hand"
    target.call("POST", path, type="in", action="ACCEPT", proto="tcp", dport="8080", enable=1, comment=mark)
    try:
        yield
    finally:
        (position,) = [one["pos"] for one in target.call("GET", path) if one.get("comment") == mark]
        target.call("DELETE", f"{path}/{position}")


@sabotage(requirement="GOV-06", name="unmanaged-guest")
def unmanaged_guest(target: Target) -> Iterator[None]:
    """Somebody's test machine."""
    node = target.call("GET", "/nodes")[0]["node"]
    number = int(target.call("GET", "/cluster/nextid", vmid=9999))
    template = target.call("GET", f"/nodes/{node}/storage/local/content", content="vztmpl")[0]["volid"]
    wanted = {"vmid": number, "ostemplate": template, "hostname": "test-by-hand", "storage": "local"}
    upid = target.call("POST", f"/nodes/{node}/lxc", **wanted)
    try:
        target.finish(upid)
        yield
    finally:
        target.finish(target.call("DELETE", f"/nodes/{node}/lxc/{number}"))


@sabotage(requirement="GOV-06", name="file-edited-on-a-host")
def file_edited_on_a_host(target: Target) -> Iterator[None]:
    """Somebody's fix in an editor, on the host itself."""
    with scene_of(target) as scene:
        host = f"{scene.members[-1].key}-gw"
        with changed(scene, host, "/etc/nftables.conf", lambda text: f"{text}# opened for the printer\n"):
            yield
