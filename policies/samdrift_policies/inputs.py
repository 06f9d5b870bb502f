"""What a program declares for a resource, kept from the resource's own validation for the validation of the stack.

A stack policy is given outputs, and in the first preview of a stack its guests have none: their provider waits for a
token that is yet to be made. The inputs are known then, and all of them have passed before the stack is judged.
"""

from collections.abc import Mapping
from typing import Any

from pulumi_policy import PolicyResource, ReportViolation, ResourceValidationArgs

_inputs: dict[str, Mapping[str, Any]] = {}


def remember(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    """Keep a resource's inputs; a validation that finds nothing wrong."""
    _inputs[args.urn] = args.props


def inputs_of(resource: PolicyResource) -> Mapping[str, Any]:
    """Return what was declared for a resource, or, where only the stack is judged, what it says itself."""
    return _inputs.get(resource.urn, resource.props)
