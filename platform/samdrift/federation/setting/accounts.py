"""Settings of the role accounts: the host that reads the members' registers."""

from __future__ import annotations

from samdrift.federation import hall
from samdrift.federation.derived import Guest
from samdrift.federation.entitlement import KEEPER, PASSWORD, rules
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import Settings


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.accounts.Settings`."""
    domain = federation.hall.ad_domain
    return {
        "domain": domain,
        "hosts": [f"{name}.{domain}" for name in hall.DIRECTORY],
        "user": KEEPER,
        "password": {"secret": PASSWORD},
        "person_key": {"secret": "accounts-person"},
        "rules": rules(),
        "members": [],
    }
