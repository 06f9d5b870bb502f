"""From declared flows to the rules of one guest: the one place where "who may talk to whom" becomes addresses.

A flow names two ends. A guest on the way sees each end behind one of its own interfaces (or is that end): `from_` and
`to` of the rule follow from that alone. `rules_of` serves gateways, edge and the guests at the ends; `firewall_rules`
says the same in the words of the hypervisor's guest firewall.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from samdrift.federation import addressing, catalogue, database, publication
from samdrift.federation.derived import FirewallRule, Guest, Rule
from samdrift.federation.end import CLIENTS, HOST_SELECTORS, End, end_of, forbidden, package_proxy
from samdrift.federation.network import hall_network
from samdrift.federation.record import Federation, Flow, Hall, Member


def flows_of(federation: Federation, guest: Guest) -> tuple[Flow, ...]:
    """The flows that concern a guest's stack.

    The hall carries every offered service, whoever has switched it on: its rules do not depend on the list of members.
    """
    hall = federation.hall
    member = _member(federation, guest)
    services = member.services if member else catalogue.OFFERED
    own = member.flows if member else ()
    offered = (flow for name in services for flow in catalogue.BY_NAME[name].flows)
    return (
        *catalogue.PLATFORM_FLOWS,
        *_packages_flow(hall),
        *publication.for_authority(hall),
        *database.flows(database.ordered(hall)),
        *offered,
        *hall.flows,
        *own,
    )


def rules_of(federation: Federation, guest: Guest) -> tuple[Rule, ...]:
    """What a guest lets pass: through it (a router), to it and from it; in the order of the flows."""
    return tuple(rule for flow in flows_of(federation, guest) for rule in _resolve(federation, guest, flow))


def firewall_rules(federation: Federation, guest: Guest) -> tuple[FirewallRule, ...]:
    """The same as rules of the guest's firewall: in at the interface it comes from, out at the one it goes to.

    On the Internet's side in the addresses that packets have there.
    """
    positions: dict[str, str] = {interface.name: f"net{number}" for number, interface in enumerate(guest.interfaces)}
    found: dict[FirewallRule, None] = {}
    for rule in rules_of(federation, guest):
        for direction, name in (("in", rule.from_), ("out", rule.to)):
            for family, is_part in ((4, bool(rule.saddr4)), (6, bool(rule.saddr6))):
                if is_part and name != "self":
                    written = _firewall_rules(
                        federation,
                        _translated(federation, guest, rule) if name == "wan" else rule,
                        direction=direction,  # type: ignore[arg-type]
                        interface=positions[name],
                        family=family,  # type: ignore[arg-type]
                    )
                    found |= dict.fromkeys(written)
    return tuple(found)


def ip_sets(hall: Hall) -> dict[str, tuple[str, ...]]:
    """The address sets that firewall rules name, too long for a rule each.

    `members4` and `members6` are the whole space a member may be in, so that a join changes neither.
    """
    return {
        "members4": tuple(str(prefix) for prefix in addressing.member_space4()),
        "members6": tuple(str(prefix) for prefix in addressing.member_space6(hall.ula)),
        "internet4": tuple(str(prefix) for prefix in addressing.internet4()),
    }


def forwarded(federation: Federation, guest: Guest) -> dict[str, tuple[str, ...]]:
    """Prefixes of others whose packets a router sends out, by interface: requests and the answers to requests."""
    sets = ip_sets(federation.hall)
    translated = _published_names(federation, guest)
    seen: dict[str, dict[str, None]] = {interface.name: {} for interface in guest.interfaces}
    for rule in rules_of(federation, guest):
        if "self" in (rule.from_, rule.to):
            continue
        for leg, four, six in ((rule.to, rule.saddr4, rule.saddr6), (rule.from_, rule.daddr4, rule.daddr6)):
            if leg == "wan" and (leg == rule.to or rule.name in translated):
                continue  # it goes out with edge's own address
            for plain in (*(_plain(federation, one, 4) for one in four), *(_plain(federation, one, 6) for one in six)):
                seen[leg].update(dict.fromkeys(sets[plain[1:]] if plain.startswith("+") else (plain,)))
    return {leg: tuple(prefixes) for leg, prefixes in seen.items()}


def _translated(federation: Federation, guest: Guest, rule: Rule) -> Rule:
    """The rule of edge, or of the guest outside, as packets on the Internet's side look: edge stands for all inside."""
    inwards = rule.from_ == "wan" if "edge" in guest.roles else rule.to == "wan"
    if inwards and rule.name not in _published_names(federation, guest):
        return rule
    edge = end_of(federation, "edge", member=None, other="wan")
    four, six = (edge.four if rule.saddr4 else ()), (edge.six if rule.saddr6 else ())
    return rule.model_copy(update={"daddr4": four, "daddr6": six} if inwards else {"saddr4": four, "saddr6": six})


def _published_names(federation: Federation, guest: Guest) -> set[str]:
    return {flow.name for flow, _ in publication.published(flows_of(federation, guest))}


def _resolve(federation: Federation, guest: Guest, flow: Flow) -> Iterator[Rule]:
    found: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], list[End]] = {}
    for source, target in _pairs(federation, guest, flow):
        for from_, to in _views(guest, source, target):
            near, far = _own(guest, source, from_), _own(guest, target, to)
            found.setdefault((from_, to, far.four, far.six), []).append(near)
    merged: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for (from_, to, daddr4, daddr6), sources in found.items():
        key = (from_, to, _union(end.four for end in sources), _union(end.six for end in sources))
        merged.setdefault(key, []).append((daddr4, daddr6))
    for (from_, to, saddr4, saddr6), targets in merged.items():
        daddr4, daddr6 = _union(four for four, _ in targets), _union(six for _, six in targets)
        # A family of which one end has no address is no part of the rule: an empty list must never read as "any".
        four, six = bool(saddr4 and daddr4), bool(saddr6 and daddr6)
        if four or six:
            yield Rule(
                name=flow.name,
                from_=from_,
                to=to,
                saddr4=saddr4 if four else (),
                saddr6=saddr6 if six else (),
                daddr4=daddr4 if four else (),
                daddr6=daddr6 if six else (),
                proto=flow.protocol,
                ports=flow.ports,
                why=flow.why,
            )


def _pairs(federation: Federation, guest: Guest, flow: Flow) -> Iterator[tuple[End, End]]:
    hall = federation.hall
    member = _member(federation, guest)
    for source in flow.source:
        for target in flow.target:
            absent = {"packages": hall.packages is None, "outside": not hall.outside}
            if source == target in HOST_SELECTORS or absent.get(source) or absent.get(target):
                continue
            if forbidden(source, target, packages=hall.packages) is None:
                yield (
                    end_of(federation, source, member=member, other=target),
                    end_of(federation, target, member=member, other=source),
                )


def _leg(guest: Guest, end: End) -> str:
    """The guest's interface towards an end; `self` where the guest is that end or one of it."""
    names = [interface.name for interface in guest.interfaces]
    if "edge" in guest.roles:
        return "self" if end.host == "edge" else ("transit" if end.zone in CLIENTS else end.zone)
    if "gateway" in guest.roles:
        if end.host == "gateways":
            return "self"
        return end.zone if end.zone in CLIENTS else "transit"
    own = end.host == guest.name or (end.host is None and end.zone in names)
    return "self" if own else names[0]


def _views(guest: Guest, source: End, target: End) -> Iterator[tuple[str, str]]:
    """How the guest sees a flow, as (from, to): not at all, once, or from both ends where it is part of both."""
    from_, to = _leg(guest, source), _leg(guest, target)
    if from_ != to:
        # A guest with one leg routes nothing: it is on the way only as an end.
        if "self" in (from_, to) or len(guest.interfaces) > 1:
            yield from_, to
    elif from_ == "self" and len(guest.interfaces) == 1:
        leg = guest.interfaces[0].name
        if source.host is None:
            yield leg, "self"
        if target.host is None:
            yield "self", leg


def _own(guest: Guest, end: End, leg: str) -> End:
    """A guest inside a network is that network's end with its own addresses only."""
    if leg != "self" or len(guest.interfaces) > 1:
        return end
    interface = guest.interfaces[0]
    return End(end.zone, guest.name, (f"{interface.ipv4.ip}/32",), (f"{interface.ipv6.ip}/128",))


def _packages_flow(hall: Hall) -> tuple[Flow, ...]:
    if hall.packages is None:
        return ()
    return (
        Flow(
            name="packages",
            source=("adm", "ped", "gateways", "svc", "dmz", "vault", "edge", "outside"),
            target=("packages",),
            protocol="tcp",
            ports=(str(package_proxy(hall.packages)[1]),),
            why="Every guest installs and updates from the package proxy",
        ),
    )


def _firewall_rules(
    federation: Federation, rule: Rule, *, direction: Literal["in", "out"], interface: str, family: Literal[4, 6]
) -> Iterator[FirewallRule]:
    sources, targets = (rule.saddr4, rule.daddr4) if family == 4 else (rule.saddr6, rule.daddr6)
    icmp: Literal["icmp", "icmpv6"] = "icmp" if family == 4 else "icmpv6"
    for source in _kinds(_shortened(federation, sources, family)):
        for dest in _kinds(_shortened(federation, targets, family)):
            yield FirewallRule(
                direction=direction,
                interface=interface,
                family=family,
                proto=icmp if rule.proto == "icmp" else rule.proto,
                icmp_type="echo-request" if rule.proto == "icmp" else None,
                source=source,
                dest=dest,
                ports=rule.ports,
                comment=rule.name,
            )


def _kinds(addresses: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The hypervisor takes a list of addresses or the name of one set, never both beside each other."""
    plain = tuple(address for address in addresses if not address.startswith("+"))
    return (*((plain,) if plain else ()), *((address,) for address in addresses if address.startswith("+")))


def _shortened(federation: Federation, addresses: tuple[str, ...], family: Literal[4, 6]) -> tuple[str, ...]:
    internet = ip_sets(federation.hall)["internet4"]
    if set(internet) <= set(addresses):
        addresses = (*(address for address in addresses if address not in internet), "+internet4")
    return _union([tuple(_plain(federation, address, family) for address in addresses)])


def _plain(federation: Federation, address: str, family: Literal[4, 6]) -> str:
    """A set of the members' as the hypervisor knows it: gateways by the transit network, clients by the whole space."""
    if not address.startswith("@"):
        return address
    if address == "@gateways":
        transit = hall_network(federation, "transit")
        return str(transit.ipv4 if family == 4 else transit.ipv6)
    return f"+members{family}"


def _member(federation: Federation, guest: Guest) -> Member | None:
    stack = federation.stack(guest.stack)
    return stack if isinstance(stack, Member) else None


def _union(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for group in groups for address in group))
