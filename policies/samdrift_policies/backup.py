"""Nothing is left out of backup."""

from pulumi_policy import ReportViolation, Severity, StackValidationArgs, StackValidationPolicy

from samdrift_policies.declaration import declared
from samdrift_policies.guest import hostname, is_guest, number
from samdrift_policies.inputs import inputs_of
from samdrift_policies.requirement import document, framework

JOB = "proxmoxve:backup/job:Job"


def _guest_in_backup_job(args: StackValidationArgs, report_violation: ReportViolation) -> None:
    declared_jobs = [inputs_of(r) for r in args.resources if r.resource_type == JOB]
    jobs = [job for job in declared_jobs if job.get("enabled") is not False]
    pools = {job["pool"] for job in jobs if job.get("pool")}
    named = {str(guest) for job in jobs for guest in job.get("vmids") or ()}
    for resource in args.resources:
        if not is_guest(resource):
            continue
        props = inputs_of(resource)
        guest = hostname(props)
        if props.get("poolId") in pools or str(number(props)) in named:
            continue
        if not declared(resource.urn).is_disposable(guest):
            report_violation(
                f"guest {guest} is in no backup job: add it, or declare it disposable in the hall's file", resource.urn
            )


guest_in_backup_job = StackValidationPolicy(
    name="guest-in-backup-job",
    description="Checks that every guest is in an enabled backup job unless it is declared disposable.",
    validate=_guest_in_backup_job,
    severity=Severity.HIGH,
    framework=framework("BAK-02"),
    remediation_steps="Let the stack's backup job name its pool; `disposable` needs reason, owner and end date.",
    url=document("BAK-02"),
)
