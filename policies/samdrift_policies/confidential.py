"""No secret in a plain property: descriptions, tags, comments and outputs are shown to everyone.

The engine hands values to policies without their secret mark, so the rule goes by shape and by place: nothing that
looks like a secret, outside the few properties that exist to carry one and that the providers mark as secret.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy import (
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from samdrift_policies.inputs import remember
from samdrift_policies.requirement import document, framework

SHAPES = {
    "an API token": re.compile(r"\S+@\w+!\S+=[0-9a-f]{8}-[0-9a-f-]{27}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "a password hash": re.compile(r"\$(?:1|5|6|7|y|2[aby])\$[\w./$=,-]{8,}"),
    "a password": re.compile(r"\b(?:password|passwd|secret|token)\s*[=:]\s*['\"]?[^\s'\"{]{6,}", re.IGNORECASE),
}
CARRIERS = {"pulumi:providers:proxmoxve": ("apiToken",), "proxmoxve:index/provider:Provider": ("apiToken",)}


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key in value:
            yield from _texts(value[key], f"{path}.{key}" if path else str(key))
    elif isinstance(value, Sequence):
        for index in range(len(value)):
            yield from _texts(value[index], f"{path}[{index}]")


def _search(props: Mapping[str, Any], *, without: Sequence[str]) -> Iterator[str]:
    for path, text in _texts({key: props[key] for key in props if key not in without}, ""):
        if path.endswith("userAccount.password"):
            yield f"{path} is set: guests are entered by SSH key only"
        for what, shape in SHAPES.items():
            if shape.search(text):
                yield f"{path} looks like {what}: keep the value elsewhere and put a reference here"


def _no_plain_secret(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    for found in _search(args.props, without=CARRIERS.get(args.resource_type, ())):
        report_violation(f"{args.name}: {found}", None)


no_plain_secret = ResourceValidationPolicy(
    name="no-plain-secret",
    description="Prohibits what looks like a secret in properties that are not made to carry one.",
    validate=[remember, _no_plain_secret],
    severity=Severity.CRITICAL,
    framework=framework("SEC-06"),
    remediation_steps="Keep the value in the state folder and put its name there: {secret: <name>}.",
    url=document("SEC-06"),
)


def _output_without_secret(args: StackValidationArgs, report_violation: ReportViolation) -> None:
    for resource in args.resources:
        if resource.resource_type == "pulumi:pulumi:Stack":
            for found in _search(resource.props, without=()):
                report_violation(f"output {found}", resource.urn)


output_without_secret = StackValidationPolicy(
    name="output-without-secret",
    description="Prohibits what looks like a secret in a stack's outputs.",
    validate=_output_without_secret,
    severity=Severity.CRITICAL,
    framework=framework("SEC-06"),
    remediation_steps="Hand over a reference: {secret: <name>}.",
    url=document("SEC-06"),
)
