"""No SDN gateway, no SDN SNAT: with either the node itself routes around the federation's firewall."""

from pulumi_policy import ReportViolation, ResourceValidationArgs, ResourceValidationPolicy, Severity

from samdrift_policies.requirement import document, framework

SUBNET = "proxmoxve:sdn/subnet:Subnet"
ROUTED = ("gateway", "snat", "dhcpRange")


def _subnet_without_gateway(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type != SUBNET:
        return
    for key in ROUTED:
        if args.props.get(key):
            report_violation(f"subnet {args.name} sets {key}: remove it, a gateway guest routes this network", None)


subnet_without_gateway = ResourceValidationPolicy(
    name="subnet-without-gateway",
    description="Prohibits SDN subnets with a gateway, SNAT or DHCP on the node.",
    validate=_subnet_without_gateway,
    severity=Severity.CRITICAL,
    framework=framework("NET-04"),
    remediation_steps="Remove the property; the member's gateway or the hall's edge has the network's first address.",
    url=document("NET-04"),
)
