"""How Proxmox VE words what is wrong with rules, groups, aliases and IP sets."""

from pvelab.api.errors import ApiError, bad_parameter, failed


def no_rule(position: int) -> ApiError:
    """The list is shorter."""
    return failed(f"no rule at position {position}")


def no_group(name: str) -> ApiError:
    """The security group does not exist."""
    return failed(f"no such security group '{name}'")


def no_ipset(name: str) -> ApiError:
    """The IP set does not exist."""
    return failed(f"no such IPSet '{name}'")


def no_alias() -> ApiError:
    """The alias does not exist."""
    return bad_parameter(name="no such alias")
