"""The applications that people enter through the sign-on portal: whom each is for, and what it asks of a sign-in.

Registering one is a row here. The application takes part by OpenID Connect: its client id is its name, and its client
secret the secret `portal-<name>`, which the portal's and the application's settings both refer to.
"""

from __future__ import annotations

from dataclasses import dataclass

from samdrift.federation import entitlement
from samdrift.federation.record import Federation

PORTAL = "sso"
"""The guest that is the portal, and its name in the hall's domain."""

PRIVILEGED = "privileged"
"""Group of the directory: who is in it, directly or through another, never signs in without a second factor."""

OPERATORS, AGENTS = "priv-operators", "priv-agents"
"""Privileged groups: who operates the platform, and who answers cases at the help desk."""


MAIL = "webmail"
"""The application that is mail: also IMAP and submission take the tokens that are its own, and no others."""


@dataclass(frozen=True)
class Application:
    """One application of the portal."""

    name: str
    title: str
    """As people read it in the portal, Swedish."""
    guest: str
    """The hall guest that serves it: `https://<guest>.<hall's domain>/`."""
    callback: str
    """Path to which the portal sends people back after signing in."""
    groups: tuple[str, ...]
    """Groups of the directory whose people may enter; all others are refused by the portal. Of a service its
    `service-<name>`: which kinds of account that opens to is agreed in rules.yaml."""
    scope: str = ""
    """OAuth scope that the portal grants to this application alone: its tokens are good where that is asked for."""
    second_factor: bool = False
    """Asks for a second factor of everybody, because of what it holds."""

    def opens_to(self, kind: str) -> bool:
        """Whether everybody with this kind of account may enter: by the kind's own group, or by one of a service."""
        opened = {f"service-{name}" for name, kinds in entitlement.services().items() if kind in kinds}
        return bool({f"all-{kind}", *opened} & set(self.groups))

    @property
    def secret(self) -> str:
        """Name of the secret that the application and the portal share."""
        return f"portal-{self.name}"

    def address(self, federation: Federation) -> str:
        """Where people find it."""
        return f"https://{self.guest}.{federation.hall.domain}/"


APPLICATIONS: tuple[Application, ...] = (
    Application(MAIL, "E-post och kalender", "mail", "SOGo/", ("service-mail",), scope="mail"),
    Application("desk", "Servicedesk", "desk", "oidc/callback", ("service-help-desk",)),
    Application("monitoring", "Övervakning", "monitor", "oidc/callback", (OPERATORS,), second_factor=True),
)

BY_NAME: dict[str, Application] = {one.name: one for one in APPLICATIONS}


def issuer(federation: Federation) -> str:
    """The portal's address, which is also the name by which it signs (OpenID Connect's issuer)."""
    return f"https://{PORTAL}.{federation.hall.domain}"
