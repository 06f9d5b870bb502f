"""Settings of the role mail: the mail store."""

from __future__ import annotations

from samdrift.federation import application, database, entitlement, hall, support
from samdrift.federation.derived import Guest
from samdrift.federation.guest import hall_address
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import TRUSTED, Settings, certificate

GATEWAY = "mx1"
PORTAL = application.BY_NAME[application.MAIL]
WEBMAIL = next(system for system in database.SYSTEMS if system.name == "webmail")


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.mail.Settings`."""
    facts = federation.hall
    return {
        "fqdn": guest.fqdn,
        "addresses": [str(address) for address in hall_address(federation, guest.name)],
        "domain": facts.domain,
        "gateway": {
            "name": f"{GATEWAY}.{facts.domain}",
            "addresses": [str(address) for address in hall_address(federation, GATEWAY)],
        },
        "authorities": TRUSTED,
        "directory": {
            "domain": facts.ad_domain,
            "hosts": [f"{name}.{facts.ad_domain}" for name in hall.DIRECTORY],
        },
        "directory_password": {"secret": "directory-mail"},
        "database": {"host": f"{database.HOST}.{facts.domain}", "name": WEBMAIL.name},
        "database_password": {"secret": WEBMAIL.secret},
        "portal": {"issuer": application.issuer(federation), "client": PORTAL.name, "scope": PORTAL.scope},
        "portal_secret": {"secret": PORTAL.secret},
        "opens_to": [*PORTAL.groups, f"agreement-{facts.agreement.version}"],
        "privileged": application.PRIVILEGED,
        "readers": entitlement.readers(),
        "systems": {
            support.MAILBOX: f"{support.HOST}.{facts.domain}",
            f"{support.MAILBOX}-intern@{facts.domain}": f"{support.HOST}.{facts.domain}",
        },
        "certificate": certificate(federation, guest.fqdn),
        "members": [],
    }
