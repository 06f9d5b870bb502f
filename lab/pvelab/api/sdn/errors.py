"""How Proxmox VE words what is wrong with zones, VNets and subnets."""

from pvelab.api.errors import ApiError, failed

_MISSING = {"zone": "sdn '{}' does not exist", "vnet": "sdn vnet '{}' does not exist"}


def missing(kind: str, name: str) -> ApiError:
    """The object is not defined."""
    return failed(_MISSING.get(kind, "sdn subnet '{}' does not exist").format(name))


def duplicate(kind: str, name: str) -> ApiError:
    """An object of that name is defined already."""
    return failed(f"create sdn {kind} object failed: sdn {kind} object ID '{name}' already defined")


def wrong_lock() -> ApiError:
    """Somebody holds the lock of the whole configuration."""
    return failed("invalid lock token provided!")
