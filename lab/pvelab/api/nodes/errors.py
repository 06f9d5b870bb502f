"""How Proxmox VE words what is wrong with a node."""

from pvelab.api.errors import ApiError, failed


def no_node(name: str) -> ApiError:
    """The cluster has no such node."""
    return failed(f"no such cluster node '{name}'")
