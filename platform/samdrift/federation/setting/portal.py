"""Settings of the role portal: the sign-on portal."""

from __future__ import annotations

from samdrift.federation import application, hall
from samdrift.federation.application import APPLICATIONS
from samdrift.federation.derived import Guest
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import Settings, certificate

SIGNING = "portal-oidc.rsa"
"""Name of the secret that the portal signs with."""


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.portal.Settings`."""
    facts = federation.hall
    return {
        "fqdn": guest.fqdn,
        "realm": facts.realm,
        "domain_dns": facts.ad_domain,
        "dcs": [f"{name}.{facts.ad_domain}" for name in hall.DIRECTORY],
        "certificate": certificate(federation, guest.fqdn),
        "lookup": {"user": "svc-sso", "password": {"secret": "directory-sso"}},
        "agreement": {
            **facts.agreement.model_dump(),
            "user": "svc-agreement",
            "password": {"secret": "directory-agreement"},
        },
        "signing_key": {"secret": SIGNING},
        "signing_public": {"public": SIGNING},
        "key": {"secret": "portal-key"},
        "privileged": application.PRIVILEGED,
        "mail": application.MAIL,
        "applications": [
            {
                "name": one.name,
                "title": one.title,
                "address": one.address(federation),
                "callback": one.address(federation) + one.callback,
                "groups": list(one.groups),
                "second_factor": one.second_factor,
                "scope": one.scope,
                "secret": {"secret": one.secret},
            }
            for one in APPLICATIONS
        ],
    }
