"""Compile a lab's firewall configuration to one nftables ruleset. Pure.

How a packet is judged (measured on a kernel whose bridge family has neither connection tracking nor reject):
the bridge family marks each frame with the interface it came from and, once known, the one it leaves by; then the frame
passes the inet family's forward hook (br_netfilter), where the mark chooses the sender's chain and the receiver's.
Each is reached from a base chain of its own: `accept` ends only that one, so both have to let the packet pass.
What a guest must not even claim to be (macfilter, ipfilter) is dropped where the frame comes in.
"""

import zlib

from pvelab.firewall import address
from pvelab.firewall.address import Addresses, Names
from pvelab.firewall.model import FirewallError, FirewallSpec, GuestFirewall, GuestNic
from pvelab.firewall.rule import AddressSets, compile_rule

TABLE = "pvelab_guests"
FILTERED = 0x8000_0000
"""Set on every frame that a filtered interface sends or receives: the answers to rejected packets are routed by it."""
MOST_NICS = 0x7FFF

_REJECT = """\
  chain refuse {
    meta pkttype { broadcast, multicast } drop
    meta l4proto tcp reject with tcp reset
    reject with icmpx admin-prohibited
  }"""
# Before a policy refuses: what path MTU discovery and error reports need (as Proxmox VE's own default chains accept).
_CRITICAL = (
    "icmp type destination-unreachable icmp code 4 accept",
    "icmp type time-exceeded accept",
    "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded } accept",
)


def compile_ruleset(spec: FirewallSpec) -> str:
    """The text for `nft -f -`: one transaction that replaces whatever was loaded before.

    Raises FirewallError naming the guest and the rule that cannot be compiled. Of what is not filtered now nothing is
    looked at: `check_ruleset` does.
    """
    head = [f"table {family} {TABLE}\ndelete table {family} {TABLE}" for family in ("bridge", "inet")]
    filtered = sorted(
        ((guest, nic) for guest in spec.guests for nic in guest.nics if spec.enable and guest.enable and nic.firewall),
        key=lambda pair: (pair[0].vmid, pair[1].index),
    )
    if not spec.enable or not any(guest.nics for guest in spec.guests):
        return "\n".join([*head, ""])
    if len(filtered) > MOST_NICS:
        raise FirewallError(f"{len(filtered)} filtered interfaces: accepted are at most {MOST_NICS}")
    bridge = _bridge_table(spec, filtered) if filtered else []
    return "\n".join([*head, *bridge, *_inet_table(spec, filtered), ""])


def check_ruleset(spec: FirewallSpec) -> None:
    """Compile every rule, of guests that are not filtered now as well: theirs would fail when they are switched on.

    Raises FirewallError as `compile_ruleset`.
    """
    sets = AddressSets()
    for guest in spec.guests:
        for direction in ("in", "out"):
            for nic in guest.nics:
                _rules(spec, guest, nic, direction, sets)
        for policy in (guest.policy_in, guest.policy_out):
            _policy(policy, f"CT {guest.vmid}")
    for group in spec.groups:
        for direction in ("in", "out"):
            _group_rules(spec, group.name, direction, sets)


def _bridge_table(spec: FirewallSpec, filtered: list[tuple[GuestFirewall, GuestNic]]) -> list[str]:
    sets = AddressSets()
    body: list[str] = []
    for number, (guest, nic) in enumerate(filtered, start=1):
        body += _chain(f"from-{nic.veth}", _identity(spec, guest, nic, sets))
        body += _chain(f"to-{nic.veth}", [f"meta mark set meta mark or {FILTERED | number:#x}"])
    marks = ", ".join(
        f'"{nic.veth}" : {FILTERED | number << 16:#x}' for number, (_, nic) in enumerate(filtered, start=1)
    )
    senders = ", ".join(f'"{nic.veth}" : jump from-{nic.veth}' for _, nic in filtered)
    receivers = ", ".join(f'"{nic.veth}" : jump to-{nic.veth}' for _, nic in filtered)
    body += _chain(
        "prerouting",
        [
            "type filter hook prerouting priority -300; policy accept;",
            "meta mark set 0",
            f"meta mark set iifname map {{ {marks} }}",
            f"iifname vmap {{ {senders} }}",
        ],
    )
    body += _chain(
        "forward",
        ["type filter hook forward priority -300; policy accept;", f"oifname vmap {{ {receivers} }}"],
    )
    return [f"table bridge {TABLE} {{", *sets.definitions(), *body, "}"]


def _identity(spec: FirewallSpec, guest: GuestFirewall, nic: GuestNic, sets: AddressSets) -> list[str]:
    lines = []
    if guest.macfilter:
        lines.append(f"ether saddr != {nic.mac.lower()} counter drop")
        if spec.ebtables:
            lines.append(f"ether type arp arp saddr ether != {nic.mac.lower()} counter drop")
    allowed = _ipfilter(spec, guest, nic)
    if allowed is None:
        return lines
    if guest.dhcp:
        lines.append("ip saddr 0.0.0.0 udp sport 68 udp dport 67 return")
    lines.append("ip6 saddr :: icmpv6 type nd-neighbor-solicit return")  # asking whether an address is free (RFC 4862)
    checks = [("ether type ip", "ip saddr", 4), ("ether type ip6", "ip6 saddr", 6)]
    if spec.ebtables:
        checks.append(("ether type arp", "arp saddr ip", 4))
    for kind, field, family in checks:
        intervals = allowed.of(family)
        if address.is_everything(intervals, family):
            continue
        lines.append(
            f"{kind} {field} != {sets.reference(intervals, family)} counter drop"
            if intervals
            else f"{kind} counter drop"
        )
    return lines


def _ipfilter(spec: FirewallSpec, guest: GuestFirewall, nic: GuestNic) -> Addresses | None:
    name = f"ipfilter-net{nic.index}"
    ipset = next((ipset for ipset in guest.ipsets if ipset.name == name), None)
    if ipset is None and not guest.ipfilter:
        return None
    names = _names(spec, guest)
    allowed = Addresses()
    if ipset is not None:
        allowed = address.ipset_addresses(ipset, names, where=f"CT {guest.vmid}")
    for text in (*nic.ips, address.link_local(nic.mac)):
        family, interval = address.parse_element(text.split("/")[0])
        allowed = allowed.union(Addresses(**{f"v{family}": (interval,)}))
    return allowed


def _inet_table(spec: FirewallSpec, filtered: list[tuple[GuestFirewall, GuestNic]]) -> list[str]:
    sets = AddressSets()
    body = [_REJECT]
    for group in spec.groups:
        for direction in ("in", "out"):
            body += _chain(f"group-{group.name}-{direction}", _group_rules(spec, group.name, direction, sets))
    for guest, nic in filtered:
        for direction in ("in", "out"):
            body += _chain(f"{direction}-{nic.veth}", _nic_chain(spec, guest, nic, direction, sets))
    # A routed packet passes one bridge per hop: each tracks connections for itself. Those of guests without a filter
    # are tracked as well, so that they go on when it is switched on.
    vnets = sorted({nic.vnet for guest in spec.guests for nic in guest.nics})
    zones = ", ".join(f'"{vnet}" : {_zone(vnet)}' for vnet in vnets)
    body += _chain(
        "zone", ["type filter hook prerouting priority raw; policy accept;", f"ct zone set iifname map {{ {zones} }}"]
    )
    for direction, priority, shift in (("out", "filter - 10", 16), ("in", "filter", 0)) if filtered else ():
        mask = MOST_NICS << shift
        chains = ", ".join(
            f"{number << shift:#x} : goto {direction}-{nic.veth}" for number, (_, nic) in enumerate(filtered, start=1)
        )
        body += _chain(
            f"forward-{direction}",
            [
                f"type filter hook forward priority {priority}; policy accept;",
                f"meta mark and {mask:#x} == 0 accept",
                "ct state established,related accept",
                "ct state invalid counter drop",
                f"meta mark and {mask:#x} vmap {{ {chains} }}",
            ],
        )
    return [f"table inet {TABLE} {{", *sets.definitions(), *body, "}"]


def _nic_chain(spec: FirewallSpec, guest: GuestFirewall, nic: GuestNic, direction: str, sets: AddressSets) -> list[str]:
    lines = []
    if guest.dhcp:
        client, server = ("sport", "dport") if direction == "out" else ("dport", "sport")
        lines.append(f"meta nfproto ipv4 udp {client} 68 udp {server} 67 accept")
        lines.append(f"meta nfproto ipv6 udp {client} 546 udp {server} 547 accept")
    if direction == "out" and not guest.radv:
        lines.append("icmpv6 type nd-router-advert counter drop")
    if guest.ndp:
        also = ", nd-router-advert" if direction == "in" else ""
        lines.append(f"icmpv6 type {{ nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert{also} }} accept")
    lines += _rules(spec, guest, nic, direction, sets)
    policy = guest.policy_in if direction == "in" else guest.policy_out
    if policy != "ACCEPT":
        lines += _CRITICAL
    lines.append(f"counter {_policy(policy, f'CT {guest.vmid}')}")
    return lines


def _policy(policy: str, where: str) -> str:
    verdict = {"ACCEPT": "accept", "DROP": "drop", "REJECT": "goto refuse"}.get(policy)
    if verdict is None:
        raise FirewallError(f"{where}: unknown policy '{policy}' (accepted: ACCEPT, DROP, REJECT)")
    return verdict


def _rules(spec: FirewallSpec, guest: GuestFirewall, nic: GuestNic, direction: str, sets: AddressSets) -> list[str]:
    names = _names(spec, guest)
    lines = []
    for position, rule in enumerate(guest.rules):
        if not rule.enable or rule.iface not in (None, "", f"net{nic.index}"):
            continue
        where = f"CT {guest.vmid}, rule {position}"
        if rule.direction == "group":
            if rule.action not in {group.name for group in spec.groups}:
                raise FirewallError(f"{where}: no such security group '{rule.action}'")
            lines.append(f"jump group-{rule.action}-{direction}")
        elif rule.direction == direction:
            lines += compile_rule(rule, names, sets, where=where)
    return lines


def _group_rules(spec: FirewallSpec, name: str, direction: str, sets: AddressSets) -> list[str]:
    group = next(group for group in spec.groups if group.name == name)
    lines = []
    for position, rule in enumerate(group.rules):
        where = f"security group '{name}', rule {position}"
        if rule.direction == "group":
            raise FirewallError(f"{where}: security groups not allowed")
        if rule.enable and rule.direction == direction:
            lines += compile_rule(rule, _names(spec, None), sets, where=where)
    return lines


def _names(spec: FirewallSpec, guest: GuestFirewall | None) -> Names:
    return Names(
        dc_aliases={alias.name.lower(): alias.cidr for alias in spec.aliases},
        dc_ipsets={ipset.name: ipset for ipset in spec.ipsets},
        guest_aliases={alias.name.lower(): alias.cidr for alias in guest.aliases} if guest else {},
        guest_ipsets={ipset.name: ipset for ipset in guest.ipsets} if guest else {},
    )


def _zone(vnet: str) -> int:
    # By name, so that a network's connections outlive the coming and going of others.
    return zlib.crc32(vnet.encode()) % 0xFFFF + 1


def _chain(name: str, lines: list[str]) -> list[str]:
    return [f"  chain {name} {{", *(f"    {line}" for line in lines), "  }"]
