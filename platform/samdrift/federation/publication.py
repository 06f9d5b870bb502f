"""What of the hall the Internet reaches: flows from `wan` to a guest in dmz, at edge's address, by port.

The guests' own addresses are private, so edge translates; one port of its one address leads to one guest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from samdrift.federation import hall
from samdrift.federation.record import Flow, Hall

ZONE = "dmz"


def published(flows: Iterable[Flow]) -> Iterator[tuple[Flow, str]]:
    """Each flow that publishes a guest, with the guest's name."""
    for flow in flows:
        if "wan" in flow.source and flow.protocol != "icmp":
            yield from ((flow, name) for name in flow.target if name in hall.BY_NAME and _is_behind_edge(name))


def claimed_twice(flows: Iterable[Flow]) -> Iterator[tuple[Flow, str]]:
    """Each flow that takes a port of edge's which an earlier one has, and why it cannot."""
    taken: list[tuple[str, range, str, str]] = []
    for flow, name in _claims(flows):
        for text in flow.ports:
            low, _, high = text.partition("-")
            ports = range(int(low), int(high or low) + 1)
            for protocol, others, owner, other in taken:
                if protocol == flow.protocol and ports.start < others.stop and others.start < ports.stop:
                    yield flow, f"{flow.protocol} {text} leads to {other} already ({owner})"
            taken.append((flow.protocol, ports, flow.name, name))


def for_authority(stack: Hall) -> tuple[Flow, ...]:
    """Flows by which hosts that strangers know get certificates from an authority outside, where one is named."""
    if stack.acme is None:
        return ()
    return (
        Flow(
            name="acme-validation",
            source=("wan",),
            target=hall.PUBLIC,
            protocol="tcp",
            ports=("80",),
            why="The authority outside looks whether who asks for a name answers there (RFC 8555, 8.3)",
        ),
        Flow(
            name="acme",
            source=hall.PUBLIC,
            target=("wan",),
            protocol="tcp",
            ports=(str(urlsplit(stack.acme.directory).port or 443),),
            why="Hosts that the outside knows by name get their certificates outside",
        ),
    )


def _claims(flows: Iterable[Flow]) -> Iterator[tuple[Flow, str]]:
    """Published guests, and edge where it answers itself."""
    for flow in flows:
        yield from published([flow])
        if "wan" in flow.source and "edge" in flow.target:
            yield flow, "edge"


def _is_behind_edge(name: str) -> bool:
    return hall.BY_NAME[name].network == ZONE
