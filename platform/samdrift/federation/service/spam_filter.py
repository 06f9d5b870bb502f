"""The service spam-filter: one gateway that all mail of the federation passes, in both directions."""

from __future__ import annotations

from samdrift.federation.record import Flow, Service

SERVICE = Service(
    name="spam-filter",
    title="Spam and malware filter",
    titel="Skräppostfilter",
    status="offered",
    replaces=("spam-filter",),
    roles=("relay",),
    flows=(
        Flow(
            name="mail-in",
            source=("wan",),
            target=("mx1",),
            protocol="tcp",
            ports=("25",),
            why="The world's mail for the federation, and nothing else, comes in here",
        ),
        Flow(
            name="mail-out",
            source=("mx1",),
            target=("wan",),
            protocol="tcp",
            ports=("25",),
            why="What members send to the world",
        ),
        Flow(
            name="mail-to-store",
            source=("mx1",),
            target=("mail",),
            protocol="tcp",
            ports=("25",),
            why="Mail that was looked at, and the question whether a mailbox exists",
        ),
        Flow(
            name="mail-from-store",
            source=("mail",),
            target=("mx1",),
            protocol="tcp",
            ports=("25",),
            why="Everything that members send, also to each other, is looked at and signed",
        ),
        Flow(
            name="malware-signatures",
            source=("mx1",),
            target=("wan",),
            protocol="tcp",
            ports=("443",),
            why="New signatures for the scanner",
        ),
    ),
)
