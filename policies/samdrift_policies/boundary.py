"""The three denies that no declared flow may undo, looked for in every generated firewall rule.

Pedagogical to administrative; a member's client to the hall's management; one member to another. A rule that names no
source or destination means any, which includes all of those.
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from pulumi_policy import ReportViolation, ResourceValidationArgs, ResourceValidationPolicy, Severity

from samdrift_policies.declaration import Declaration, declared, members
from samdrift_policies.guest import IPSET, RULES, number
from samdrift_policies.plan import Network, hall_networks, member_networks
from samdrift_policies.requirement import document, framework

INTERNET = "+internet"
ADM, PED = 2, 3  # the last two digits of a member's vm ids


def _sites(of: Declaration) -> dict[str, dict[str, tuple[Network, Network]]]:
    return {str(m["code"]): member_networks(m, ula=str(of.hall["ula"])) for m in members(of)}


def _denied(of: Declaration) -> Iterator[tuple[str, list[Network], list[Network]]]:
    """Yield what is denied, from which networks, to which."""
    sites, management = _sites(of), list(hall_networks(of.hall)["mgt"])
    for code, own in sites.items():
        adm, ped = own[f"a{code}"], own[f"p{code}"]
        yield f"clients of {code} to management", [*adm, *ped], management
        yield f"pedagogical of {code} to administrative", list(ped), [n for c in sites for n in sites[c][f"a{c}"]]
        others = [n for c, them in sites.items() if c != code for pair in them.values() for n in pair]
        yield f"{code} to other members", [*adm, *ped], others


def _ends(rule: Mapping[str, Any], key: str, *, unsaid: list[Network], members: list[Network]) -> list[Network]:
    """Return the networks a rule's source or destination means.

    A set is taken for every member's networks, but for `internet…`, which `internet-set-public` looks into.
    """
    text = str(rule.get(key) or "")
    found: list[Network] = []
    for part in filter(None, text.split(",")):
        if part.startswith("+"):
            found += [] if part.startswith(INTERNET) else members
        else:
            found.append(ip_network(part, strict=False))
    return found if text else unsaid


def _own(of: Declaration, vm_id: int) -> list[Network]:
    """Return the networks of the guest at hand that the denies speak of: a workplace's one, a gateway's both."""
    code, role = divmod(vm_id, 100)
    own = _sites(of).get(f"{code:04}", {})
    wanted = {ADM: ("a",), PED: ("p",)}.get(role, ("a", "p"))
    return [n for vnet, pair in own.items() if vnet[0] in wanted for n in pair]


def _crosses(ends: list[Network], limits: list[Network]) -> bool:
    return any(e.version == limit.version and e.overlaps(limit) for e in ends for limit in limits)


def _rule_respects_denies(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type != RULES or not number(args.props):
        return
    of = declared(args.urn)
    anywhere: list[Network] = [ip_network("0.0.0.0/0"), ip_network("::/0")]
    everyone = [n for site in _sites(of).values() for pair in site.values() for n in pair]
    own = _own(of, number(args.props)) or anywhere
    for rule in args.props.get("rules") or ():
        if rule.get("action") != "ACCEPT" or rule.get("enabled") is False:
            continue
        inward = rule["type"] == "in"
        source = _ends(rule, "source", unsaid=anywhere if inward else own, members=everyone)
        target = _ends(rule, "dest", unsaid=own if inward else anywhere, members=everyone)
        for what, sources, targets in _denied(of):
            if _crosses(source, sources) and _crosses(target, targets):
                report_violation(f"rule {rule.get('comment') or rule} would let through {what}: narrow it", None)


rule_respects_denies = ResourceValidationPolicy(
    name="rule-respects-denies",
    description="Prohibits firewall rules from pedagogical to administrative, client to management, member to member.",
    validate=_rule_respects_denies,
    severity=Severity.CRITICAL,
    framework=framework("NET-07"),
    remediation_steps="Name source and destination of the flow in the service catalogue, or drop the flow.",
    url=document("NET-07"),
)


def _internet_set_public(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type != IPSET or not f"+{args.props['name']}".startswith(INTERNET):
        return
    of = declared(args.urn)
    own = [n for vnet, pair in hall_networks(of.hall).items() if vnet != "wan" for n in pair]
    own += [n for site in _sites(of).values() for pair in site.values() for n in pair]
    for entry in args.props.get("cidrs") or ():
        if _crosses([ip_network(entry["name"])], own):
            report_violation(f"set {args.props['name']} holds {entry['name']}, a network of the federation", None)


internet_set_public = ResourceValidationPolicy(
    name="internet-set-public",
    description="Prohibits the federation's own networks in the address set that stands for the Internet.",
    validate=_internet_set_public,
    severity=Severity.CRITICAL,
    framework=framework("NET-05"),
    remediation_steps="Take private and federation prefixes out of the set.",
    url=document("NET-05"),
)
