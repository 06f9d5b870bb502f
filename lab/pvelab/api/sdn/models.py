"""The two states of the SDN configuration: what is wanted, and what runs since the last apply."""

import hashlib
import json
from typing import Any

from pvelab.api.errors import bad_parameter
from pvelab.api.sdn.errors import missing, wrong_lock
from pvelab.lab import Lab
from pvelab.runtime.model import VnetSpec
from pvelab.store import Store
from pvelab.task import Log, TaskError

KINDS = ("zone", "vnet", "subnet")


def wanted(store: Store, kind: str) -> dict[str, dict[str, Any]]:
    """The configuration as edited."""
    return store.items(f"sdn-{kind}")


def running(store: Store, kind: str) -> dict[str, dict[str, Any]]:
    """The configuration as applied."""
    return dict((store.get("meta", "sdn-running") or {}).get(kind, {}))


def read(store: Store, kind: str, name: str) -> dict[str, Any]:
    """One object as edited."""
    record = store.get(f"sdn-{kind}", name)
    if record is None:
        raise missing(kind, name)
    return dict(record)


def check_lock(store: Store, token: str | None) -> None:
    """Refuse changes by others while the configuration is locked."""
    held = store.get("meta", "sdn-lock")
    if held is not None and held != token:
        raise wrong_lock()


def view(store: Store, kind: str, *, pending: bool = False, applied: bool = False) -> dict[str, dict[str, Any]]:
    """Objects by name: as edited, as applied, or (`pending`) applied with the difference beside it."""
    if pending:
        return _pending(running(store, kind), wanted(store, kind))
    found = running(store, kind) if applied else wanted(store, kind)
    return {name: {**body, "digest": digest(body)} for name, body in found.items()}


def digest(body: Any) -> str:
    """A checksum of an object."""
    return hashlib.sha1(json.dumps(body, sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def _pending(now: dict[str, dict[str, Any]], then: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    shown: dict[str, dict[str, Any]] = {}
    for name, body in now.items():
        if name not in then:
            shown[name] = {**body, "state": "deleted"}
            continue
        keys = sorted({*body, *then[name]})
        changed = {key: then[name].get(key, "deleted") for key in keys if body.get(key) != then[name].get(key)}
        shown[name] = {**body, **({"pending": changed, "state": "changed"} if changed else {})}
    for name, body in then.items():
        if name not in now:
            inner = {key: value for key, value in body.items() if key != "type"}
            shown[name] = {"type": body["type"], "state": "new", "pending": inner}
    return shown


def check_vnet(store: Store, name: str, body: dict[str, Any]) -> None:
    """What a VNet of a vlan zone must have: a tag of its own within the zone."""
    if store.get("sdn-zone", body["zone"]) is None:
        raise missing("zone", body["zone"])
    tag = body.get("tag")
    if tag is None:
        raise bad_parameter(tag="missing vlan tag")
    if tag > 4094:
        raise bad_parameter(tag="vlan tag max value is 4094")
    for other, held in wanted(store, "vnet").items():
        if other != name and held["zone"] == body["zone"] and held.get("tag") == tag:
            raise bad_parameter(tag=f"tag {tag} already exist in vnet {other} in zone {body['zone']}")


def zone_of(store: Store, bridge: str) -> str:
    """The zone that a bridge belongs to, for permission checks."""
    vnet = store.get("sdn-vnet", bridge) or running(store, "vnet").get(bridge)
    return str(vnet["zone"]) if vnet else "localnetwork"


def vnet_specs(vnets: dict[str, dict[str, Any]], zones: dict[str, dict[str, Any]]) -> list[VnetSpec]:
    """The machine's networks of a configuration."""
    return [
        VnetSpec(
            id=name,
            zone=body["zone"],
            tag=body.get("tag"),
            isolate_ports=bool(body.get("isolate-ports")),
            mtu=zones.get(body["zone"], {}).get("mtu"),
        )
        for name, body in sorted(vnets.items())
    ]


def apply(lab: Lab, log: Log) -> None:
    """Make the machine's bridges equal to the edited configuration, and that configuration the running one."""
    with lab.network_lock:
        with lab.store.transaction():
            target = {kind: wanted(lab.store, kind) for kind in KINDS}
        for name, zone in target["zone"].items():
            if zone["bridge"] not in lab.settings.uplinks:
                raise TaskError(f"zone '{name}': bridge '{zone['bridge']}' does not exist")
        specs = vnet_specs(target["vnet"], target["zone"])
        lab.machine.apply_networks(specs)
        lab.store.put("meta", "sdn-running", target)
        for node in lab.nodes:
            log(f"{node}: reloading network config")
        log(f"{len(specs)} vnets: {' '.join(spec.id for spec in specs) or 'none'}")


def restore(lab: Lab) -> None:
    """Make the machine's bridges equal to the running configuration, at the start of the daemon."""
    lab.machine.apply_networks(vnet_specs(running(lab.store, "vnet"), running(lab.store, "zone")))


def interfaces_text(zones: dict[str, dict[str, Any]], vnets: dict[str, dict[str, Any]]) -> list[str]:
    """A configuration in the words of /etc/network/interfaces, for comparing two."""
    lines: list[str] = []
    for name, body in sorted(vnets.items()):
        bridge = zones.get(body["zone"], {}).get("bridge", "?")
        lines += [f"auto {name}", f"iface {name}", f"\tbridge_ports {bridge}.{body.get('tag')}", ""]
    return lines
