"""How Proxmox VE words what is wrong with containers."""

from pvelab.api.errors import ApiError, failed


def no_config(node: str, vmid: int) -> ApiError:
    """There is no such container on the node."""
    return failed(f"Configuration file 'nodes/{node}/lxc/{vmid}.conf' does not exist")


def taken(vmid: int, node: str) -> ApiError:
    """The id is in use."""
    return failed(f"CT {vmid} already exists on node '{node}'")


def locked(lock: str) -> ApiError:
    """Another task works on the container."""
    return failed(f"CT is locked ({lock})")


def no_bridge(name: str) -> ApiError:
    """The VNet is not there, or not applied yet."""
    return failed(f"bridge '{name}' does not exist")
