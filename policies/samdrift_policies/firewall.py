"""The guest firewall works only when it is on at three levels: datacenter, guest, network interface."""

from pulumi_policy import (
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from samdrift_policies.guest import OPTIONS, hostname, is_guest, legs, number
from samdrift_policies.inputs import inputs_of
from samdrift_policies.requirement import document, framework

DATACENTER = "proxmoxve:cluster/firewallLegacy:FirewallLegacy"


def _datacenter_firewall_drops(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type != DATACENTER:
        return
    if not args.props.get("enabled"):
        report_violation("the datacenter firewall is off: every guest firewall is off with it; enable it", None)
    if args.props.get("inputPolicy") != "DROP":
        report_violation(f"datacenter input policy is {args.props.get('inputPolicy')}: make it DROP", None)


datacenter_firewall_drops = ResourceValidationPolicy(
    name="datacenter-firewall-drops",
    description="Checks that the datacenter firewall is on and drops what no rule accepts.",
    validate=_datacenter_firewall_drops,
    severity=Severity.CRITICAL,
    framework=framework("NET-07"),
    remediation_steps="Set `enabled` and input policy DROP; allow 8006 and 22 from the management networks first.",
    url=document("NET-07"),
)


def _guest_firewall_drops(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type != OPTIONS:
        return
    guest = number(args.props)
    if not args.props.get("enabled"):
        report_violation(f"the firewall of guest {guest} is off: enable it", None)
    for key in ("inputPolicy", "outputPolicy"):
        if args.props.get(key) != "DROP":
            report_violation(f"guest {guest}: {key} is {args.props.get(key)}: make it DROP", None)


guest_firewall_drops = ResourceValidationPolicy(
    name="guest-firewall-drops",
    description="Checks that a guest's firewall is on and drops both ways what no rule accepts.",
    validate=_guest_firewall_drops,
    severity=Severity.CRITICAL,
    framework=framework("NET-01"),
    remediation_steps="Let the component GuestFirewall write the options; declare the flow that is missing.",
    url=document("NET-01"),
)


def _guest_has_firewall(args: StackValidationArgs, report_violation: ReportViolation) -> None:
    covered = {number(inputs_of(r)) for r in args.resources if r.resource_type == OPTIONS}
    for resource in args.resources:
        if is_guest(resource) and number(inputs_of(resource)) not in covered:
            report_violation(f"guest {hostname(inputs_of(resource))} has no firewall options: add them", resource.urn)


guest_has_firewall = StackValidationPolicy(
    name="guest-has-firewall",
    description="Checks that every guest has firewall options of its own.",
    validate=_guest_has_firewall,
    severity=Severity.CRITICAL,
    framework=framework("NET-01"),
    remediation_steps="Declare the guest through the component Host, which brings its firewall along.",
    url=document("NET-01"),
)


def _interface_firewall_on(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if not is_guest(args):
        return
    for leg in legs(args.props):
        if not leg.is_filtered:
            report_violation(f"guest {hostname(args.props)}: net{leg.index} has its firewall off: set it", None)


interface_firewall_on = ResourceValidationPolicy(
    name="interface-firewall-on",
    description="Checks that every network interface of a guest passes the firewall.",
    validate=_interface_firewall_on,
    severity=Severity.CRITICAL,
    framework=framework("NET-01"),
    remediation_steps="Set `firewall` on the interface; the options of the guest alone filter nothing.",
    url=document("NET-01"),
)
