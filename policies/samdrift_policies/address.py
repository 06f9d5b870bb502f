"""Addresses come from the code, so they never overlap."""

from pulumi_policy import ReportViolation, ResourceValidationArgs, ResourceValidationPolicy, Severity

from samdrift_policies.declaration import declared
from samdrift_policies.guest import hostname, is_guest, legs
from samdrift_policies.plan import networks
from samdrift_policies.requirement import document, framework


def _guest_address_in_plan(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if not is_guest(args):
        return
    plan, guest = networks(declared(args.urn)), hostname(args.props)
    for leg in legs(args.props):
        if leg.vnet not in plan:
            report_violation(f"guest {guest}: VNet {leg.vnet} is none of {', '.join(sorted(plan))}", None)
            continue
        for address in leg.addresses:
            if address.network not in plan[leg.vnet]:
                accepted = " and ".join(str(network) for network in plan[leg.vnet])
                report_violation(f"guest {guest}: {address} on {leg.vnet} is outside the plan's {accepted}", None)
        if len(leg.addresses) != len(plan[leg.vnet]):
            report_violation(f"guest {guest}: net{leg.index} needs an IPv4 and an IPv6 address", None)


guest_address_in_plan = ResourceValidationPolicy(
    name="guest-address-in-plan",
    description="Checks that a guest has its addresses in the networks of the hall and of its own member only.",
    validate=_guest_address_in_plan,
    severity=Severity.HIGH,
    framework=framework("NET-03"),
    remediation_steps="Remove addresses written by hand; the address plan computes them from the municipality code.",
    url=document("NET-03"),
)
