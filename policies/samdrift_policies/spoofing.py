"""A guest speaks with its own addresses only."""

from pulumi_policy import ReportViolation, ResourceValidationArgs, ResourceValidationPolicy, Severity

from samdrift_policies.guest import OPTIONS, hostname, is_guest, legs, number
from samdrift_policies.plan import mac
from samdrift_policies.requirement import document, framework


def _interface_mac_pinned(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if not is_guest(args):
        return
    for leg in legs(args.props):
        wanted = mac(number(args.props), leg.index)
        if (leg.mac or "").upper() != wanted:
            found = leg.mac or "not pinned"
            report_violation(f"guest {hostname(args.props)}: MAC of net{leg.index} is {found}, must be {wanted}", None)


interface_mac_pinned = ResourceValidationPolicy(
    name="interface-mac-pinned",
    description="Checks that every interface has the MAC address that follows from guest and interface number.",
    validate=_interface_mac_pinned,
    severity=Severity.HIGH,
    framework=framework("NET-02"),
    remediation_steps="Take the MAC from the host record.",
    url=document("NET-02"),
)


def _guest_source_filtered(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type != OPTIONS or not number(args.props):
        return
    for key in ("macfilter", "ipfilter"):
        if not args.props.get(key):
            report_violation(f"guest {number(args.props)}: {key} is off: set it", None)


guest_source_filtered = ResourceValidationPolicy(
    name="guest-source-filtered",
    description="Checks that macfilter and ipfilter are on, so a guest cannot send with a foreign address.",
    validate=_guest_source_filtered,
    severity=Severity.HIGH,
    framework=framework("NET-02"),
    remediation_steps="Set both; a router lists the prefixes behind it in an `ipfilter-net<N>` set.",
    url=document("NET-02"),
)
