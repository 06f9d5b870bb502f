"""Settings of the role pki: the certificate authority."""

from __future__ import annotations

from samdrift.federation.derived import Guest
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import ROOT, Settings


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.pki.Settings`."""
    return {"fqdn": guest.fqdn, "root": {"public": ROOT}, "issuing": {"secret": "issuing.ca"}}
