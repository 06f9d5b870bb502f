"""VLAN tags: Proxmox keeps them unique within a zone only, one trunk to a switch does not."""

from pulumi_policy import ReportViolation, Severity, StackValidationArgs, StackValidationPolicy

from samdrift_policies.inputs import inputs_of
from samdrift_policies.requirement import document, framework
from samdrift_policies.separation import VNET


def _vnet_tag_unique(args: StackValidationArgs, report_violation: ReportViolation) -> None:
    owner: dict[int, str] = {}
    for resource in args.resources:
        if resource.resource_type != VNET:
            continue
        props = inputs_of(resource)
        vnet, tag = props["resourceId"], props.get("tag")
        if not tag:
            report_violation(f"VNet {vnet} has no VLAN tag: give it the one of the address plan", resource.urn)
        elif owner.setdefault(int(tag), vnet) != vnet:
            report_violation(f"VNets {owner[int(tag)]} and {vnet} share VLAN tag {int(tag)}", resource.urn)


vnet_tag_unique = StackValidationPolicy(
    name="vnet-tag-unique",
    description="Checks that every VNet has a VLAN tag that no other VNet has, in whichever zone.",
    validate=_vnet_tag_unique,
    severity=Severity.HIGH,
    framework=framework("NET-02"),
    remediation_steps="Take the tag from the address plan: 1000 and 1001 plus twice the member's ordinal.",
    url=document("NET-02"),
)
