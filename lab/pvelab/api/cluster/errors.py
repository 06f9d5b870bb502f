"""How Proxmox VE words what is wrong with an id."""

from pvelab.api.errors import ApiError, bad_parameter


def taken(vmid: int) -> ApiError:
    """The id that was asked for is in use."""
    return bad_parameter(vmid=f"VM {vmid} already exists")
