"""Every guest starts from the approved system, so that patching knows what it meets."""

import re

from pulumi_policy import ReportViolation, ResourceValidationArgs, ResourceValidationPolicy, Severity

from samdrift_policies.guest import CONTAINER, MACHINE, hostname
from samdrift_policies.requirement import document, framework

APPROVED = {
    CONTAINER: re.compile(r"[\w-]+:vztmpl/debian-13-standard_[\w.~-]+_amd64\.tar\.(zst|xz|gz)"),
    MACHINE: re.compile(r"[\w-]+:import/debian-13-generic(cloud)?-amd64[\w.-]*\.(qcow2|raw)"),
}


def _guest_template_approved(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type not in APPROVED:
        return
    found = str((args.props.get("operatingSystem") or {}).get("templateFileId") or "none")
    if args.resource_type == MACHINE:
        found = str(next((disk.get("importFrom") for disk in args.props.get("disks") or ()), None))
    if not APPROVED[args.resource_type].fullmatch(found):
        report_violation(
            f"guest {hostname(args.props)} starts from {found}: accepted is Debian 13, see the policy", None
        )


guest_template_approved = ResourceValidationPolicy(
    name="guest-template-approved",
    description="Checks that guests are made from the approved template or image of Debian 13.",
    validate=_guest_template_approved,
    severity=Severity.MEDIUM,
    framework=framework("SEC-03"),
    remediation_steps="Name an approved `hypervisor.template` or `hypervisor.image` in the hall's stack file.",
    url=document("SEC-03"),
)
