"""Settings of the role mail: the mail store."""

from __future__ import annotations

from samdrift.federation import hall
from samdrift.federation.derived import Guest
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import Settings


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.mail.Settings`."""
    facts = federation.hall
    return {
        "fqdn": guest.fqdn,
        "directory": {
            "domain": facts.ad_domain,
            "hosts": [f"{name}.{facts.ad_domain}" for name in hall.DIRECTORY],
        },
        "directory_password": {"secret": "directory-mail"},
        "gateway": {"name": f"mx1.{facts.domain}", "ipv4": "10.0.1.10", "ipv6": "fd5a:6d64:0:11::10"},
        "certificate": {"names": [guest.fqdn], "directory": f"https://pki.{facts.domain}/acme/internal/directory"},
        "webmail_password": {"secret": "database-webmail"},
        "members": [],
    }
