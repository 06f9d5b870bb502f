"""The service help desk: one contact point and one case system for everybody."""

from __future__ import annotations

from samdrift.federation.end import CLIENTS
from samdrift.federation.record import Flow, Page, Service
from samdrift.federation.support import HOST

SERVICE = Service(
    name="help-desk",
    title="Help desk",
    titel="Servicedesk",
    status="offered",
    requires=("directory", "mail"),
    replaces=("support",),
    roles=("helpdesk",),
    flows=(
        Flow(
            name="helpdesk-portal",
            source=CLIENTS,
            target=(HOST,),
            protocol="tcp",
            ports=("443",),
            why="People open and follow their cases, technicians answer them",
            tls=(("443", "https"),),
            # Counted from the cases themselves: it shows nothing where the desk does not reach its database.
            pages=(Page(port="443", path="/NoAuth/SatisfactionIndex.html?format=json", shows='"{member}":'),),
        ),
        Flow(
            name="helpdesk-mail-in",
            source=("mail",),
            target=(HOST,),
            protocol="tcp",
            ports=("25",),
            why="Mail to the service desk becomes a case",
        ),
        Flow(
            name="helpdesk-mail-out",
            source=(HOST,),
            target=("mx1",),
            protocol="tcp",
            ports=("25",),
            why="Answers of the service desk leave by the mail gateway like all mail",
        ),
    ),
)
