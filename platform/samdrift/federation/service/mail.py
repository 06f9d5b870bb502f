"""The service mail: mailboxes, submission and webmail of all members."""

from __future__ import annotations

from samdrift.federation.end import CLIENTS
from samdrift.federation.record import Flow, Page, Service

SERVICE = Service(
    name="mail",
    title="Mail and calendar",
    titel="E-post och kalender",
    status="offered",
    requires=("directory", "spam-filter"),
    replaces=("mail-system",),
    roles=("mail",),
    flows=(
        Flow(
            name="mail-clients",
            source=CLIENTS,
            target=("mail",),
            protocol="tcp",
            ports=("443", "465", "587", "993"),
            why="Webmail and calendar, submission, and mailboxes by IMAP, all under TLS",
            tls=(("443", "https"), ("465", "smtps"), ("587", "smtp-starttls"), ("993", "imaps")),
            # The webmail sends who is nobody yet to the portal, which shows its form to applications that it knows.
            pages=(Page(port="443", path="/SOGo/", shows="(?s)<html[^>]*lang=.sv.*<form id=.lform"),),
        ),
    ),
)
