"""Errors as they go over the wire: HTTP status, message, and complaints per parameter."""

from collections.abc import Mapping


class ApiError(Exception):
    """An answer that is not a success. `message` is Proxmox VE's text, which clients compare."""

    def __init__(self, status: int, message: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = dict(errors or {})


def failed(message: str) -> ApiError:
    """What Proxmox VE answers when code dies: 500 with the text."""
    return ApiError(500, message)


def bad_parameter(**errors: str) -> ApiError:
    """400 `Parameter verification failed.`; underscores in names stand for dashes."""
    return ApiError(
        400, "Parameter verification failed.", {name.replace("_", "-"): said for name, said in errors.items()}
    )


def bad_parameters(errors: Mapping[str, str]) -> ApiError:
    """The same for names that are no Python words."""
    return ApiError(400, "Parameter verification failed.", errors)


def forbidden(what: str | None = None) -> ApiError:
    """403 in Proxmox VE's words; `what` is `/path, Privilege` or a sentence."""
    return ApiError(403, f"Permission check failed ({what})" if what else "Permission check failed")


def unauthorized(message: str) -> ApiError:
    """401: who asks could not be established."""
    return ApiError(401, message)


def not_implemented(verb: str, path: str, option: str | None = None) -> ApiError:
    """501 naming method and path, and the option that the lab cannot honour."""
    tail = f": {option}" if option else ""
    return ApiError(501, f"Method '{verb} {path}' not implemented{tail}")
