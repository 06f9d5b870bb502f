"""Settings of the role directory: a directory host."""

from __future__ import annotations

from samdrift.federation import application, entitlement, hall, support
from samdrift.federation.derived import Guest
from samdrift.federation.guest import hall_address, router
from samdrift.federation.network import hall_network
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import ADMINISTRATOR, JOIN, Settings, certificate

LOOKERS = {
    "mail": "Looks up mailboxes",
    "desk": "Looks up who opens a case",
    "sso": "Looks up who signs in at the portal",
    "agreement": "Notes who accepted the user agreement",
}
"""Systems that look people up, each by an account `svc-<system>` of its own."""


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.directory.Settings`."""
    facts = federation.hall
    peer = next(name for name in hall.DIRECTORY if name != guest.name)
    return {
        "realm": facts.realm,
        "domain": facts.netbios,
        "domain_dns": facts.ad_domain,
        "first": guest.name == hall.DIRECTORY[0],
        "address": str(guest.interface("svc").ipv4.ip),
        "peer": peer,
        "peer_address": str(hall_address(federation, peer)[0]),
        "forwarder": str(router(hall_network(federation, "svc"))[0]),
        "certificate": certificate(federation, guest.fqdn, facts.ad_domain),
        "members": [],
        "admin_password": {"secret": ADMINISTRATOR},
        "services": [
            {"name": f"svc-{name}", "title": title, "password": {"secret": f"directory-{name}"}}
            | ({"principal": f"HTTP/{application.PORTAL}.{facts.domain}"} if name == application.PORTAL else {})
            for name, title in LOOKERS.items()
        ],
        "kinds": entitlement.kinds(),
        "sights": entitlement.sights(),
        "entitlements": entitlement.services(),
        "keeper": {"name": entitlement.KEEPER, "password": {"secret": entitlement.PASSWORD}},
        "groups": {
            application.PRIVILEGED: [application.OPERATORS, application.AGENTS],
            # Whoever knows a field answers cases.
            application.AGENTS: [one.group for one in support.COMPETENCES],
        },
        "agreement": facts.agreement.version,
        "agreement_user": "svc-agreement",
        "join_user": "join",
        "join_password": {"secret": JOIN},
    }
