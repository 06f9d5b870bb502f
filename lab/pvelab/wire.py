"""HTTP/1.1 with Proxmox VE's text in the status line: clients such as proxmoxer show the reason phrase."""

from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REASON = b"x-pvelab-reason"
"""Response header that carries the reason phrase from the application to this layer; never sent."""


class _Connection(h11.Connection):
    def send(self, event: Any) -> Any:
        """Move the reason from the header into the status line."""
        if isinstance(event, h11.Response):
            found = [value for name, value in event.headers if name == REASON]
            if found:
                kept = [(name, value) for name, value in event.headers.raw_items() if name.lower() != REASON]
                event = h11.Response(status_code=event.status_code, headers=kept, reason=bytes(found[0]))
        return super().send(event)


class ReasonProtocol(H11Protocol):
    """uvicorn's h11 protocol on such a connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = _Connection(h11.SERVER, self.config.h11_max_incomplete_event_size or 64 * 1024)


def reason_phrase(message: str) -> bytes:
    """A text as the status line may carry it: one line, Latin letters, not endless."""
    return " ".join(message.split()).encode("ascii", "replace")[:512]
