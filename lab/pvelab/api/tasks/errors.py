"""How Proxmox VE words what is wrong with a task id."""

from pvelab.api.errors import ApiError, bad_parameter, failed


def bad_upid(upid: str) -> ApiError:
    """It does not look like one."""
    return bad_parameter(upid=f"unable to parse worker upid '{upid}'")


def no_task(upid: str) -> ApiError:
    """It looks like one, but there was no such task."""
    return failed(f"no such task '{upid}'")
