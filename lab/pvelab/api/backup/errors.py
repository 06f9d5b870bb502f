"""How Proxmox VE words what is wrong with backup jobs."""

from pvelab.api.errors import ApiError, bad_parameter


def no_job(name: str) -> ApiError:
    """The job does not exist."""
    return bad_parameter(id=f"No such job '{name}'")
