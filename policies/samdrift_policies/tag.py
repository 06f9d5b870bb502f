"""What a person sees at the hypervisor says whose a guest is and what it is for."""

from pulumi_policy import ReportViolation, ResourceValidationArgs, ResourceValidationPolicy, Severity

from samdrift_policies.declaration import declared
from samdrift_policies.guest import hostname, is_guest, tags
from samdrift_policies.requirement import document, framework


def _guest_has_tags(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if not is_guest(args):
        return
    stack = declared(args.urn).stack
    federation = stack.partition(".")[0]
    found = tags(args.props)
    for wanted in ("samdrift", f"fed-{federation}", f"stack-{stack}"):
        if wanted not in found:
            report_violation(f"guest {hostname(args.props)} lacks tag {wanted}: add it", None)
    for start in ("role-", "owner-"):
        if not any(tag.startswith(start) and tag != start for tag in found):
            report_violation(f"guest {hostname(args.props)} lacks a tag {start}…: add it", None)


guest_has_tags = ResourceValidationPolicy(
    name="guest-has-tags",
    description="Checks that a guest is tagged with samdrift, its federation, stack, role and owner.",
    validate=_guest_has_tags,
    severity=Severity.LOW,
    framework=framework("GOV-04"),
    remediation_steps="Take the tags from the guest's record; the owner is the member or the hall.",
    url=document("GOV-04"),
)
