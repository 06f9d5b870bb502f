"""How Proxmox VE words what is wrong with pools."""

from pvelab.api.errors import ApiError, failed


def no_pool(name: str) -> ApiError:
    """The pool does not exist."""
    return failed(f"pool '{name}' does not exist")
