"""Ties a policy to the requirement of the standard that it serves."""

from pulumi_policy import PolicyComplianceFramework

from samdrift.standard import catalogue


def framework(identity: str) -> PolicyComplianceFramework:
    """Return the compliance framework of one requirement, e.g. `NET-01`. Raises: StandardError for an unknown id."""
    found = catalogue.load().by_id(identity)
    return PolicyComplianceFramework(
        name="samdrift standard", version=catalogue.VERSION, reference=found.id, specification=found.statement
    )


def document(identity: str) -> str:
    """Return where the requirement is written, as a path from the repository's root."""
    return f"platform/samdrift/standard/area/{identity.partition('-')[0].lower()}.yaml"
