"""Settings of the role helpdesk: the one help desk."""

from __future__ import annotations

from dataclasses import asdict

from samdrift.federation import application, hall
from samdrift.federation.application import AGENTS
from samdrift.federation.database import HOST as DATABASE
from samdrift.federation.derived import Guest
from samdrift.federation.guest import hall_address
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import Settings, certificate
from samdrift.federation.support import COMPETENCES, MAILBOX, SYSTEMS

PORTAL = application.BY_NAME["desk"]
PROGRAMS = ("monitor",)
"""Systems that open cases by the API."""


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.helpdesk.Settings`."""
    facts = federation.hall
    return {
        "fqdn": guest.fqdn,
        "domain": facts.domain,
        "certificate": certificate(federation, guest.fqdn),
        "database": {
            "host": f"{DATABASE}.{facts.domain}",
            "name": guest.name,
            "password": {"secret": f"database-{guest.name}"},
        },
        "directory": {
            "domain": facts.ad_domain,
            "hosts": [f"{name}.{facts.ad_domain}" for name in hall.DIRECTORY],
            "user": "svc-desk",
            "password": {"secret": "directory-desk"},
        },
        "relay": {
            "name": f"mx1.{facts.domain}",
            "from": [str(address) for address in hall_address(federation, "mail")],
        },
        "support": facts.support.model_dump(mode="json"),
        "systems": [asdict(system) for system in SYSTEMS],
        "competences": [{"name": one.name, "title": one.title, "group": one.group} for one in COMPETENCES],
        "agents": AGENTS,
        "secret": {"secret": "desk-satisfaction"},
        "portal": {
            "issuer": application.issuer(federation),
            "client": PORTAL.name,
            "callback": PORTAL.address(federation) + PORTAL.callback,
            "secret": {"secret": PORTAL.secret},
            "seal": {"secret": "desk-seal"},
        },
        "mailbox": MAILBOX,
        "members": [],
        "programs": [{"name": name, "password": {"secret": f"desk-{name}"}} for name in PROGRAMS],
    }
