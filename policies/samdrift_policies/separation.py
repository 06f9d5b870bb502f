"""Administrative and pedagogical networks are two: in zones, in uplinks, in guests."""

from pulumi_policy import (
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from samdrift_policies.guest import hostname, is_guest, legs, number, tags
from samdrift_policies.inputs import inputs_of
from samdrift_policies.requirement import document, framework

VNET = "proxmoxve:sdn/vnet:Vnet"
ZONE = "proxmoxve:sdn/zone/"
GATEWAY_NUMBER = 1  # the last two digits of a member gateway's vm id


def network_class(vnet: str) -> str:
    """Return `adm`, `ped` or `hall`: a member's VNets are `a<code>` and `p<code>`, everything else is the hall's."""
    return {"a": "adm", "p": "ped"}.get(vnet[:1], "hall") if vnet[1:].isdecimal() else "hall"


def _vnet_in_class_zone(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type != VNET:
        return
    vnet, zone = args.props["resourceId"], args.props["zone"]
    if zone != network_class(vnet):
        report_violation(f"VNet {vnet} lies in zone {zone}: move it to zone {network_class(vnet)}", None)


vnet_in_class_zone = ResourceValidationPolicy(
    name="vnet-in-class-zone",
    description="Checks that a member's administrative VNet lies in zone adm, its pedagogical in ped, others in hall.",
    validate=_vnet_in_class_zone,
    severity=Severity.CRITICAL,
    framework=framework("NET-02"),
    remediation_steps="Take the VNet's zone from its class; the hall's stack exports the three zones.",
    url=document("NET-02"),
)


def _uplink(zone: PolicyResource) -> tuple[str, str]:
    props = inputs_of(zone)
    return str(props["resourceId"]), str(props.get("bridge"))


def _class_zones_apart(args: StackValidationArgs, report_violation: ReportViolation) -> None:
    owner: dict[str, str] = {}
    for resource in args.resources:
        if not resource.resource_type.startswith(ZONE):
            continue
        if not resource.resource_type.endswith(":Vlan"):
            report_violation(f"zone {resource.name} is no vlan zone: only those keep tags apart", resource.urn)
            continue
        zone, bridge = _uplink(resource)
        if bridge in owner:
            report_violation(
                f"zones {owner[bridge]} and {zone} share uplink {bridge}: give each class its own", resource.urn
            )
        owner[bridge] = zone


class_zones_apart = StackValidationPolicy(
    name="class-zones-apart",
    description="Checks that the zones of the network classes are vlan zones on uplinks of their own.",
    validate=_class_zones_apart,
    severity=Severity.CRITICAL,
    framework=framework("NET-02"),
    remediation_steps="Name three different bridges under `hypervisor.uplinks` in the hall's stack file.",
    url=document("NET-02"),
)


def _guest_in_one_class(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if not is_guest(args):
        return
    vnets = {leg.vnet for leg in legs(args.props)}
    is_gateway = "role-gateway" in tags(args.props) and number(args.props) % 100 == GATEWAY_NUMBER
    if {"adm", "ped"} <= {network_class(vnet) for vnet in vnets} and not is_gateway:
        report_violation(
            f"guest {hostname(args.props)} has legs in {', '.join(sorted(vnets))}: only a member's gateway joins"
            " administrative and pedagogical networks; remove one leg",
            None,
        )


guest_in_one_class = ResourceValidationPolicy(
    name="guest-in-one-class",
    description="Prohibits guests with legs in both an administrative and a pedagogical network, gateways excepted.",
    validate=_guest_in_one_class,
    severity=Severity.CRITICAL,
    framework=framework("NET-01"),
    remediation_steps="Give the guest one of the two networks and let it reach the other's services by declared flows.",
    url=document("NET-01"),
)
