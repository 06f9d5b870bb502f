"""HTTP/1.1 with Proxmox VE's text in the status line: clients such as proxmoxer show the reason phrase."""

from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

REASON = b"x-pvelab-reason"
"""Response header that carries the reason phrase from the application to this layer; never sent."""


class ReasonProtocol(H11Protocol):
    """uvicorn's h11 protocol; what it sends passes here first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        send = self.conn.send
        # uvicorn takes the phrase from a table of its own, and has no place where an application could give one.
        self.conn.send = lambda event: send(_with_reason(event))  # type: ignore[method-assign]


def _with_reason(event: Any) -> Any:
    """A final response with the header's text as its reason; any other event as it is."""
    if getattr(event, "status_code", 0) < 200:
        return event
    found = [value for name, value in event.headers if name == REASON]
    if not found:
        return event
    kept = [(name, value) for name, value in event.headers.raw_items() if name.lower() != REASON]
    return type(event)(status_code=event.status_code, headers=kept, reason=bytes(found[0]))


def reason_phrase(message: str) -> bytes:
    """A text as the status line may carry it: one line, Latin letters, not endless."""
    return " ".join(message.split()).encode("ascii", "replace")[:512]
