"""The applications that people enter through the sign-on portal: whom each is for, and what it asks of a sign-in.

Registering one is a row here. The application takes part by OpenID Connect: its client id is its name, and its client
secret the secret `portal-<name>`, which the portal's and the application's settings both refer to.
"""

from __future__ import annotations

from dataclasses import dataclass

from samdrift.federation.record import Federation

PORTAL = "sso"
"""The guest that is the portal, and its name in the hall's domain."""

PRIVILEGED = "privileged"
"""Group of the directory: who is in it, directly or through another, never signs in without a second factor."""

OPERATORS, AGENTS = "priv-operators", "priv-agents"
"""Privileged groups: who operates the platform, and who answers cases at the help desk."""


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
    """Groups of the directory whose people may enter; all others are refused by the portal."""
    second_factor: bool = False
    """Asks for a second factor of everybody, because of what it holds."""

    @property
    def secret(self) -> str:
        """Name of the secret that the application and the portal share."""
        return f"portal-{self.name}"

    def address(self, federation: Federation) -> str:
        """Where people find it."""
        return f"https://{self.guest}.{federation.hall.domain}/"


APPLICATIONS: tuple[Application, ...] = (
    Application("webmail", "E-post och kalender", "mail", "SOGo/", ("all-staff", "all-pupils")),
    Application("desk", "Servicedesk", "desk", "oidc/callback", ("all-staff", "all-pupils")),
    Application("monitoring", "Övervakning", "monitor", "oidc/callback", (OPERATORS,), second_factor=True),
)

BY_NAME: dict[str, Application] = {one.name: one for one in APPLICATIONS}


def issuer(federation: Federation) -> str:
    """The portal's address, which is also the name by which it signs (OpenID Connect's issuer)."""
    return f"https://{PORTAL}.{federation.hall.domain}"
