"""Settings of the role portal: the sign-on portal."""

from __future__ import annotations

from samdrift.federation.derived import Guest
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import Settings


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.portal.Settings`."""
    return {"domain": federation.hall.domain}
