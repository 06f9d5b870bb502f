"""How Proxmox VE words what is wrong with users, groups, roles and tokens."""

from pvelab.api.errors import ApiError, failed


def no_user(user: str) -> ApiError:
    """The user does not exist."""
    return failed(f"no such user ('{user}')")


def no_token(user: str, token: str) -> ApiError:
    """The token does not exist."""
    return failed(f"no such token '{token}' for user '{user}'")


def missing(kind: str, name: str) -> ApiError:
    """A group, role or realm does not exist."""
    return failed(f"{kind} '{name}' does not exist")


def duplicate(kind: str, name: str, doing: str) -> ApiError:
    """Something of that name is there already."""
    return failed(f"{doing} failed: {kind} '{name}' already exists")
