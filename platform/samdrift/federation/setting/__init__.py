"""The settings of each role on each guest: keyword arguments of the role's own `Settings`, in JSON types.

A module a role. Three things are not known here and come from the one who deploys: the engineer's public keys
(`base.authorized_keys`), the members that have joined (`handover.fill_members`), and the values of secrets: a setting
is `{"secret": name}` for a secret and `{"public": name}` for the public half of one (`samdrift.secret`).
"""

from __future__ import annotations

from collections.abc import Callable

from samdrift.federation.derived import Guest
from samdrift.federation.record import Federation
from samdrift.federation.setting import (
    accounts,
    backup,
    base,
    citizens,
    database,
    directory,
    edge,
    gateway,
    helpdesk,
    mail,
    monitor,
    nameserver,
    outside,
    pki,
    portal,
    probe,
    relay,
    repository,
    vault,
    watched,
    workplace,
)
from samdrift.federation.setting.fact import Settings

_OF: dict[str, Callable[[Federation, Guest], Settings]] = {
    "accounts": accounts.settings,
    "base": base.settings,
    "citizens": citizens.settings,
    "gateway": gateway.settings,
    "edge": edge.settings,
    "nameserver": nameserver.settings,
    "pki": pki.settings,
    "directory": directory.settings,
    "database": database.settings,
    "mail": mail.settings,
    "helpdesk": helpdesk.settings,
    "relay": relay.settings,
    "portal": portal.settings,
    "workplace": workplace.settings,
    "watched": watched.settings,
    "probe": probe.settings,
    "monitor": monitor.settings,
    "outside": outside.settings,
    "repository": repository.settings,
    "vault": vault.settings,
    "backup": backup.settings,
}


def settings_of(federation: Federation, guest: Guest) -> dict[str, Settings]:
    """Settings of a guest's roles by role name, in the order in which the roles are installed."""
    return {role: _OF[role](federation, guest) for role in guest.roles}
