"""Settings of the role workplace: a standard workplace."""

from __future__ import annotations

from samdrift.federation import hall
from samdrift.federation.derived import Guest
from samdrift.federation.record import Federation
from samdrift.federation.setting.fact import JOIN, Settings


def settings(federation: Federation, guest: Guest) -> Settings:
    """Keyword arguments of `roles.workplace.Settings`."""
    facts = federation.hall
    return {
        "realm": facts.realm,
        "domain": facts.netbios,
        "domain_dns": facts.ad_domain,
        "dcs": [f"{name}.{facts.ad_domain}" for name in hall.DIRECTORY],
        "kind": guest.interfaces[0].name,
        "member": guest.member,
        "join_user": "join",
        "join_password": {"secret": JOIN},
    }
