"""The policy pack: `pulumi preview --policy-pack policies`, from the repository's root."""

from pulumi_policy import EnforcementLevel, PolicyPack

from samdrift_policies import POLICIES

if __name__ == "__main__":
    PolicyPack(name="samdrift", policies=list(POLICIES), enforcement_level=EnforcementLevel.MANDATORY)
