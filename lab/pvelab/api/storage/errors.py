"""How Proxmox VE words what is wrong with storages and volumes."""

from pvelab.api.errors import ApiError, failed


def no_storage(name: str) -> ApiError:
    """The storage is not defined."""
    return failed(f"storage '{name}' does not exist")


def not_on_node(name: str, node: str) -> ApiError:
    """The storage is defined, for other nodes."""
    return failed(f"storage '{name}' is not available on node '{node}'")


def no_volume(volid: str) -> ApiError:
    """The volume's file is not there."""
    return failed(f"volume '{volid}' does not exist")
