"""Root in a guest is not root on the node."""

from pulumi_policy import ReportViolation, ResourceValidationArgs, ResourceValidationPolicy, Severity

from samdrift_policies.declaration import declared
from samdrift_policies.guest import CONTAINER, hostname
from samdrift_policies.requirement import document, framework

NAME = "guest-unprivileged"


def _guest_unprivileged(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type != CONTAINER or args.props.get("unprivileged"):
        return
    guest = hostname(args.props)
    if not declared(args.urn).waiver(policy=NAME, subject=guest):
        report_violation(
            f"guest {guest} is privileged and no waiver is in force: set unprivileged, or record a waiver of {NAME}"
            " with subject, reason, owner and end date in the hall's stack file",
            None,
        )


guest_unprivileged = ResourceValidationPolicy(
    name=NAME,
    description="Checks that containers run unprivileged unless a waiver in force names them.",
    validate=_guest_unprivileged,
    severity=Severity.HIGH,
    framework=framework("SEC-06"),
    remediation_steps="Run the role unprivileged or as a VM; a waiver is for what can do neither yet.",
    url=document("SEC-06"),
)
