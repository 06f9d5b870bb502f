"""The whole firewall configuration in the form that the packet filter's compiler takes."""

from typing import Any

from pvelab.api.firewall import models
from pvelab.api.lxc.models import nics
from pvelab.firewall.model import (
    Alias,
    FirewallSpec,
    GuestFirewall,
    GuestNic,
    Ipset,
    IpsetEntry,
    Rule,
    SecurityGroup,
)
from pvelab.store import Store

_SWITCHES = ("enable", "dhcp", "ipfilter", "macfilter", "ndp", "radv")


def build_spec(store: Store, *, started_only: bool = False) -> FirewallSpec:
    """The configuration as stored, of all guests or only of those that are started (or about to be).

    A started guest counts with the interfaces that it was started with.

    Rules that name something that has been deleted since are left out, as Proxmox VE does.
    """
    with store.transaction():
        cluster = models.level(store, models.CLUSTER)
        options = cluster["options"]
        guests = [
            _guest(store, int(key), record)
            for key, record in store.items("guest").items()
            if record["active"] or not started_only
        ]
        groups = [
            SecurityGroup(name=name, rules=_rules(store, models.CLUSTER, body["rules"]))
            for name, body in cluster["groups"].items()
        ]
    return FirewallSpec(
        enable=bool(options.get("enable", 0)),
        policy_in=options.get("policy_in", "DROP"),
        policy_out=options.get("policy_out", "ACCEPT"),
        ebtables=bool(options.get("ebtables", 1)),
        aliases=_aliases(cluster),
        ipsets=_ipsets(store, models.CLUSTER, cluster),
        groups=tuple(groups),
        guests=tuple(guests),
    )


def spec_of_rule(store: Store, key: str, rule: dict[str, Any]) -> FirewallSpec:
    """One rule with the names that it may use: compiles exactly when the rule does."""
    cluster = models.level(store, models.CLUSTER)
    own = models.level(store, key) if key != models.CLUSTER else {"aliases": {}, "ipsets": {}}
    nic = GuestNic(index=0, veth="veth100i0", mac="BC:24:11:00:00:00", vnet="none", firewall=True)
    guest = GuestFirewall(
        vmid=100,
        enable=True,
        rules=() if rule["type"] == "group" else (_rule(rule),),
        aliases=_aliases(own),
        ipsets=_ipsets(store, key, own),
        nics=(nic,),
    )
    ipsets = _ipsets(store, models.CLUSTER, cluster)
    return FirewallSpec(enable=True, guests=(guest,), aliases=_aliases(cluster), ipsets=ipsets)


def _rules(store: Store, key: str, rules: list[dict[str, Any]]) -> tuple[Rule, ...]:
    return tuple(_rule(rule) for rule in rules if not models.broken_reference(store, key, rule))


def _rule(rule: dict[str, Any]) -> Rule:
    return Rule(
        direction=rule["type"],
        action=rule["action"],
        enable=bool(rule.get("enable")),
        macro=rule.get("macro"),
        proto=rule.get("proto"),
        source=rule.get("source"),
        dest=rule.get("dest"),
        sport=rule.get("sport"),
        dport=rule.get("dport"),
        icmp_type=rule.get("icmp-type"),
        iface=rule.get("iface"),
        log=rule.get("log"),
    )


def _aliases(level: dict[str, Any]) -> tuple[Alias, ...]:
    return tuple(Alias(name=name, cidr=body["cidr"]) for name, body in level["aliases"].items())


def _ipsets(store: Store, key: str, level: dict[str, Any]) -> tuple[Ipset, ...]:
    return tuple(
        Ipset(
            name=name,
            entries=tuple(
                IpsetEntry(cidr=entry["cidr"], nomatch=bool(entry.get("nomatch")))
                for entry in body["entries"]
                if all(models.is_known(store, key, *reference) for reference in models.names_in(entry["cidr"]))
            ),
        )
        for name, body in level["ipsets"].items()
    )


def _guest(store: Store, vmid: int, record: dict[str, Any]) -> GuestFirewall:
    key = f"guest/{vmid}"
    level = models.level(store, key)
    options = level["options"]
    wanted = nics(record["config"])
    plugged = nics(record["active"]) if record["active"] else wanted
    return GuestFirewall(
        vmid=vmid,
        policy_in=options.get("policy_in", "DROP"),
        policy_out=options.get("policy_out", "ACCEPT"),
        rules=_rules(store, key, level["rules"]),
        aliases=_aliases(level),
        ipsets=_ipsets(store, key, level),
        nics=tuple(
            GuestNic(
                index=index,
                veth=f"veth{vmid}i{index}",
                mac=nic["hwaddr"],
                vnet=nic["bridge"],
                firewall=bool(wanted.get(index, nic).get("firewall")),
                ips=tuple(nic[field].partition("/")[0] for field in ("ip", "ip6") if "/" in nic.get(field, "")),
            )
            for index, nic in plugged.items()
        ),
        **{name: bool(options[name]) for name in _SWITCHES if name in options},
    )
