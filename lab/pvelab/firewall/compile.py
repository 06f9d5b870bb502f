"""Compile a lab's firewall configuration to one nftables ruleset. Pure."""

from pvelab.firewall.model import FirewallSpec


def compile_ruleset(spec: FirewallSpec) -> str:
    """The text for `nft -f -`: one transaction that replaces whatever was loaded before.

    Raises FirewallError naming the guest and the rule that cannot be compiled.
    """
    raise NotImplementedError
