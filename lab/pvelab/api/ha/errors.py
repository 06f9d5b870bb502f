"""How Proxmox VE words what is wrong with HA resources and rules."""

from pvelab.api.errors import ApiError, failed


def no_resource(sid: str) -> ApiError:
    """The guest is not under HA."""
    return failed(f"no such resource '{sid}'")


def no_rule(name: str) -> ApiError:
    """The rule does not exist."""
    return failed(f"no such ha rule '{name}'")


def groups_are_gone(doing: str) -> ApiError:
    """Proxmox VE 9 has rules instead of groups."""
    return failed(f"cannot {doing}: ha groups have been migrated to rules")
